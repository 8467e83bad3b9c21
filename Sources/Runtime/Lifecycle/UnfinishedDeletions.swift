import Kernel
import State

/// Goes on with deletions that were killed: for those who have forgotten the container there is no
/// other moment than the next command.
///
/// Best effort, and each once: what can't be deleted says so to whoever deletes it.
func finishDeletions(on host: borrowing Host) {
  do throws(RuntimeError) {
    let noted = try withState { () throws(StateError) in try host.root.notedDeletions() }
    for id in noted { try finishDeletion(of: id, on: host) }
  } catch {
    host.debug("a deletion that was killed can't be finished: \(error)")
  }
}

private func finishDeletion(of id: ContainerID, on host: borrowing Host) throws(RuntimeError) {
  do throws(RuntimeError) {
    let directory = try withState { () throws(StateError) in
      try ContainerDirectory.existing(id, in: host.root)
    }
    let isOurs = try withState { () throws(StateError) in try directory.lock(wait: false) }
    // Who deletes it lives, if another has the lock.
    guard isOurs else { return }
    let record = try withState { () throws(StateError) in try directory.readRecord() }
    // Another container may have the name by now; without a record there is none any more.
    let isMeant = try withState { () throws(StateError) in
      guard let record else { return true }
      return try host.root.isDeletionNoted(of: record)
    }
    try forget(id, on: host)
    guard isMeant else { return }
    host.debug("container \(id): its deletion was killed: going on with it")
    try deleteLocked(directory, record, force: true, on: host)
  } catch .state(.doesNotExist) {
    try forget(id, on: host)
  }
}

/// - Returns: whether other deletions are noted.
@discardableResult
private func forget(_ id: ContainerID, on host: borrowing Host) throws(RuntimeError) -> Bool {
  try withState { () throws(StateError) in try host.root.forgetDeletion(of: id) }
}

/// Does what deletes a container, noted down meanwhile, so that it can be gone on with; then goes on with
/// what others have noted.
///
/// The note must keep nobody from deleting: without one, as on a full disk, a kill leaves the container's
/// state for another delete, as does a failure, which is told to the caller.
func noted(
  _ record: ContainerRecord?,
  on host: borrowing Host,
  _ delete: () throws(RuntimeError) -> Void,
) throws(RuntimeError) {
  guard let record else { return try delete() }
  do throws(StateError) {
    try host.root.noteDeletion(of: record)
  } catch {
    host.debug("container \(record.id): can't be noted as being deleted: \(error)")
  }
  do throws(RuntimeError) {
    try delete()
  } catch {
    try forget(record.id, on: host)
    throw error
  }
  if try forget(record.id, on: host) { finishDeletions(on: host) }
}
