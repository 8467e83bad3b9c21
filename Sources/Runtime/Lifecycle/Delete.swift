import Kernel
package import State

/// Deletes a container: what is left of its processes, its cgroup, its state; and runs its poststop
/// hooks.
///
/// A created one is killed first, as runc does; a running one only if `force` is given, which also
/// removes a state that can't be read, and does not mind a container that isn't there. With `force` it
/// waits for nobody who waits for the container.
///
/// Spec: runtime.md, "Delete".
package func delete(
  _ id: ContainerID,
  force: Bool,
  on host: borrowing Host,
) throws(RuntimeError) {
  do throws(RuntimeError) {
    let directory = force ? try lockByForce(id, on: host) : try lockedContainer(id, on: host)
    let record = try readForDeletion(directory, force: force, on: host)
    try checkEnd(of: record, directory, force: force, on: host)
    try noted(record, on: host) { () throws(RuntimeError) in
      try remove(record, directory, on: host)
    }
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
  try checkEnd(of: record, directory, force: force, on: host)
  try remove(record, directory, on: host)
}

/// - Throws: for a container that runs, but with `force`.
private func checkEnd(
  of record: ContainerRecord?,
  _ directory: borrowing ContainerDirectory,
  force: Bool,
  on host: borrowing Host,
) throws(RuntimeError) {
  guard let record, !force else { return }
  var status = try withState { () throws(StateError) in
    try directory.status(of: record, host.processes)
  }
  guard status == .running else { return }
  if try isFrozen(record, on: host) { status = .paused }
  throw .wrongStatus(
    "cannot delete container \(record.id) that is not stopped: \(status.rawValue)"
  )
}

private func remove(
  _ record: ContainerRecord?,
  _ directory: borrowing ContainerDirectory,
  on host: borrowing Host,
) throws(RuntimeError) {
  if let record {
    try killEverything(of: record, on: host)
    try removeControlGroup(of: record, on: host)
    try removeResctrlGroup(of: record)
    runPoststopHooks(record, on: host)
  }
  try withState { () throws(StateError) in try directory.remove(from: host.root) }
}

/// Takes the lock of a container that is to be gone whatever becomes of who has it.
///
/// That is mostly a verb that waits for the container: for its init, or for files that it serves. So all
/// of the container is killed, as `kill` does without the lock, until the verb gives up.
private func lockByForce(
  _ id: ContainerID,
  on host: borrowing Host,
) throws(RuntimeError) -> ContainerDirectory {
  let directory = try withState { () throws(StateError) in
    try ContainerDirectory.existing(id, in: host.root)
  }
  let end = Clock.monotonicMilliseconds + patience
  while try withState({ () throws(StateError) in try !directory.lock(wait: false) }) {
    guard Clock.monotonicMilliseconds < end else { throw .state(.busy(id)) }
    // Again each time: whoever has the lock may have made init only now.
    try killWithoutLock(directory, on: host)
    Clock.pause(milliseconds: 10)
  }
  thawAfterInterruptedKill(directory, on: host)
  return directory
}

private func killWithoutLock(
  _ directory: borrowing ContainerDirectory,
  on host: borrowing Host,
) throws(RuntimeError) {
  let record: ContainerRecord?
  do throws(StateError) {
    record = try directory.readRecord()
  } catch {
    // A record that can't be read is judged once the lock is ours.
    return
  }
  guard let record else { return }
  _ = try killProcesses(of: record, on: host)
}
