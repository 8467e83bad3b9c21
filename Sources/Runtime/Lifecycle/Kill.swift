import Cgroups
import Kernel
package import State

/// Sends a signal to a container's first process, or to all of its processes.
///
/// Spec: runtime.md, "Kill". A container that shares its pid namespace is killed whole by SIGKILL,
/// as runc does: the end of init would not end the others.
package func kill(
  _ id: ContainerID,
  signal: Int32,
  all: Bool,
  on host: borrowing Host,
) throws(RuntimeError) {
  let directory = try withState { () throws(StateError) in
    try ContainerDirectory.existing(id, in: host.root)
  }
  guard let seen = try observe(directory, on: host) else { throw .state(.doesNotExist(id)) }
  let isLast = signal == 9 && seen.record.sharesPidNamespace
  if all || isLast {
    // Nobody waits for the lock to kill: whoever has it may be what is to be ended.
    let isOurs = try lockAtOnce(directory, on: host)
    let reached =
      signal == 9
      ? try killProcesses(of: seen.record, on: host)
      : try signalEverything(of: seen.record, signal, directory, isLocked: isOurs, on: host)
    directory.release()
    guard reached || all else { throw .notRunning("container not running") }
    return
  }
  // Init may be on its way out for as long as the kernel takes with its pid namespace: that is
  // stopped, and no signal does anything any more.
  guard seen.status != .stopped, let process = try openInit(seen.record, on: host) else {
    throw .notRunning("container not running")
  }
  do throws(KernelError) {
    try Process.signal(process, signal)
  } catch  where error.code == .noProcess {
    throw .notRunning("container not running")
  } catch {
    throw .kernel(error, subject: "signal \(signal)")
  }
  // It would not take the signal where another kill has left it frozen.
  guard try withState({ () throws(StateError) in try directory.isStoppedForSignal() }) else {
    return
  }
  _ = try lockAtOnce(directory, on: host)
}

/// Takes the lock of a container unless another has it, and thaws what a killed kill has left frozen.
private func lockAtOnce(
  _ directory: borrowing ContainerDirectory,
  on host: borrowing Host,
) throws(RuntimeError) -> Bool {
  let isOurs = try withState { () throws(StateError) in try directory.lock(wait: false) }
  if isOurs { thawAfterInterruptedKill(directory, on: host) }
  return isOurs
}

/// Sends a signal to every process of a container.
///
/// Those who make processes as fast as they are found are frozen meanwhile by who has the lock of the
/// container: nobody else is pausing it.
///
/// - Returns: whether there was any.
private func signalEverything(
  of record: ContainerRecord,
  _ signal: Int32,
  _ directory: borrowing ContainerDirectory,
  isLocked: Bool,
  on host: borrowing Host,
) throws(RuntimeError) -> Bool {
  guard try ownsProcesses(record, on: host) else { return false }
  var delivery = SignalDelivery(signal)
  let mustStop: Bool? = try withControlGroup(of: record, on: host) {
    (group, _) throws(CgroupError) in
    try group.signal(&delivery, effort: .some)
    if delivery.isComplete { return false }
    if isLocked, try !group.isFreezing() { return true }
    try group.signal(&delivery, effort: .utmost)
    return false
  }
  guard let mustStop else { return try signalInit(of: record, signal, on: host) }
  if mustStop { try signalStopped(&delivery, record, directory, on: host) }
  return delivery.hasReachedAny
}

/// Sends a signal to the processes of a container that are frozen for it, which is marked: when this
/// is killed, whoever has the lock next thaws them.
private func signalStopped(
  _ delivery: inout SignalDelivery,
  _ record: ContainerRecord,
  _ directory: borrowing ContainerDirectory,
  on host: borrowing Host,
) throws(RuntimeError) {
  try withState { () throws(StateError) in try directory.markStoppedForSignal() }
  _ = try withControlGroup(of: record, on: host) { (group, _) throws(CgroupError) in
    try group.signalStopped(&delivery)
  }
  try withState { () throws(StateError) in try directory.removeStopMark() }
}

/// Thaws a container that a kill has frozen and, being killed itself, has not thawed.
///
/// The caller has the lock. What can't be done is a warning, and stays marked: it keeps nobody from
/// deleting the container.
func thawAfterInterruptedKill(_ directory: borrowing ContainerDirectory, on host: borrowing Host) {
  do throws(RuntimeError) {
    guard try withState({ () throws(StateError) in try directory.isStoppedForSignal() }) else {
      return
    }
    if let record = try withState({ () throws(StateError) in try directory.readRecord() }) {
      _ = try withControlGroup(of: record, on: host) { (group, _) throws(CgroupError) in
        try group.setFrozen(false, withinMilliseconds: 1000)
      }
    }
    try withState { () throws(StateError) in try directory.removeStopMark() }
  } catch .state(.damaged) {
    // The verb itself says so, if it minds.
  } catch {
    host.warn("a kill of the container was interrupted, can't be undone: \(error)")
  }
}
