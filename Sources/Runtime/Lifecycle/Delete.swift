import Kernel
package import State

/// Deletes a container: what is left of its processes, its cgroup, its state; and runs its poststop
/// hooks.
///
/// A created one is killed first, as runc does; a running one only if `force` is given, which also
/// removes a state that can't be read, and does not mind a container that isn't there.
///
/// Spec: runtime.md, "Delete".
package func delete(
  _ id: ContainerID,
  force: Bool,
  on host: borrowing Host,
) throws(RuntimeError) {
  do throws(RuntimeError) {
    if force { try interruptCreator(id, on: host) }
    let directory = try lockedContainer(id, on: host)
    try deleteLocked(
      directory,
      try readForDeletion(directory, force: force, on: host),
      force: force,
      on: host
    )
  } catch .state(.doesNotExist) where force {
    return
  }
}

/// Deletes the container that a record is of, unless somebody has; one that has got its id since is
/// left alone.
func deleteOwn(_ own: ContainerRecord, on host: borrowing Host) throws(RuntimeError) {
  do throws(RuntimeError) {
    let directory = try lockedContainer(own.id, on: host)
    let record = try readForDeletion(directory, force: true, on: host)
    guard record?.initProcess == own.initProcess else { return }
    try deleteLocked(directory, record, force: true, on: host)
  } catch .state(.doesNotExist) {
    return
  }
}

/// The record of a container to be deleted; nil when there is none, or none that can be read.
private func readForDeletion(
  _ directory: borrowing ContainerDirectory,
  force: Bool,
  on host: borrowing Host,
) throws(RuntimeError) -> ContainerRecord? {
  do throws(StateError) {
    return try directory.readRecord()
  } catch .damaged(let id, let reason) where force {
    host.warn("removing the state of container \(id), which can't be read: \(reason)")
    return nil
  } catch {
    throw .state(error)
  }
}

/// Deletes a container whose lock is held.
func deleteLocked(
  _ directory: borrowing ContainerDirectory,
  _ record: ContainerRecord?,
  force: Bool,
  on host: borrowing Host,
) throws(RuntimeError) {
  if let record {
    let status = try withState { () throws(StateError) in
      try directory.status(of: record, host.processes)
    }
    guard force || status != .running else {
      let status = try isFrozen(record, on: host) ? ContainerStatus.paused : status
      throw .wrongStatus(
        "cannot delete container \(record.id) that is not stopped: \(status.rawValue)"
      )
    }
    try killEverything(of: record, on: host)
    try removeControlGroup(of: record, on: host)
    try removeResctrlGroup(of: record)
    runPoststopHooks(record, on: host)
  }
  try withState { () throws(StateError) in try directory.remove(from: host.root) }
}

/// Makes a creator that is still at work fail and clean up, so that its lock comes free.
private func interruptCreator(
  _ id: ContainerID,
  on host: borrowing Host,
) throws(RuntimeError) {
  let directory = try withState { () throws(StateError) in
    try ContainerDirectory.existing(id, in: host.root)
  }
  let isBusy = try withState { () throws(StateError) in try directory.isLocked() }
  guard isBusy else { return }
  let record: ContainerRecord?
  do throws(StateError) {
    record = try directory.readRecord()
  } catch {
    // A record that can't be read is judged once the lock is ours.
    return
  }
  guard let record, !record.isPrepared else { return }
  _ = try killProcesses(of: record, on: host)
}
