import Kernel
import State

/// How long a verb waits for another one to be done with a container, in milliseconds.
let patience: Int64 = 10_000

/// How long a verb that has the lock of a container waits for what is not its own, in milliseconds: less
/// than others wait for the lock meanwhile.
let patienceWithLock: Int64 = patience - 2000

/// Opens a container and takes its lock; one that a killed kill has left frozen goes on.
func lockedContainer(
  _ id: ContainerID,
  on host: borrowing Host,
) throws(RuntimeError) -> ContainerDirectory {
  let directory = try withState { () throws(StateError) in
    let directory = try ContainerDirectory.existing(id, in: host.root)
    try directory.lock(withinMilliseconds: patience)
    return directory
  }
  thawAfterInterruptedKill(directory, on: host)
  return directory
}

/// A container as it is at this moment, read without a lock.
struct Observation {
  var record: ContainerRecord
  var status: ContainerStatus

  /// Whether the container has an init that is done being made.
  var isAlive: Bool { [.created, .running, .paused].contains(status) }
}

/// Looks at a container; nil for one of which nothing is recorded yet.
func observe(
  _ directory: borrowing ContainerDirectory,
  on host: borrowing Host,
) throws(RuntimeError) -> Observation? {
  guard let record = try withState({ () throws(StateError) in try directory.readRecord() }) else {
    return nil
  }
  var status = try withState { () throws(StateError) in
    try directory.status(of: record, host.processes)
  }
  if [.created, .running].contains(status), try isFrozen(record, on: host) { status = .paused }
  return Observation(record: record, status: status)
}

/// Looks at a container by its name.
///
/// - Throws: `doesNotExist`, also for one of which nothing is recorded yet.
func observe(_ id: ContainerID, on host: borrowing Host) throws(RuntimeError) -> Observation {
  let directory = try withState { () throws(StateError) in
    try ContainerDirectory.existing(id, in: host.root)
  }
  guard let seen = try observe(directory, on: host) else { throw .state(.doesNotExist(id)) }
  return seen
}

/// Opens the process that is the container's init.
///
/// - Returns: nil when it has ended, or another process has its number.
func openInit(
  _ record: ContainerRecord,
  on host: borrowing Host,
) throws(RuntimeError) -> OwnedDescriptor? {
  guard let process = record.initProcess else { return nil }
  do throws(KernelError) {
    let opened = try Process.open(process.pid)
    // Only now is it certain that the number can't change its meaning.
    let identity = try host.processes.identity(of: process.pid)
    guard identity.startTime == process.startTime else { return nil }
    // A zombie is the first thread's end alone where others go on.
    if identity.hasEnded, try opened.wait(for: .readable, milliseconds: 0) { return nil }
    return opened
  } catch  where error.code == .noProcess || error.code == .noEntry || error.code == .invalid {
    return nil
  } catch {
    throw .kernel(error, subject: "init of container \(record.id)")
  }
}
