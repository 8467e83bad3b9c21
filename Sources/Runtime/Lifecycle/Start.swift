import Hooks
import JSON
import Kernel
import Launch
package import State

/// Starts the program of a created container, and waits until it is ready where somebody is to know.
///
/// Spec: runtime.md, "Start".
package func start(
  _ id: ContainerID,
  notifying manager: NotifyAddress?,
  on host: borrowing Host,
) throws(RuntimeError) {
  let started = try startLocked(id, notifying: manager, on: host)
  try awaitReady(started.record, started.notification, on: host)
}

/// A container that has been started, and is nobody's any more.
private struct StartedContainer: ~Copyable {
  let record: ContainerRecord
  let notification: Notification?
}

/// Starts a container under its lock.
private func startLocked(
  _ id: ContainerID,
  notifying manager: NotifyAddress?,
  on host: borrowing Host,
) throws(RuntimeError) -> StartedContainer {
  let directory = try lockedContainer(id, on: host)
  let record = try withState { () throws(StateError) in try directory.readRecord() }
  let status = try withState { () throws(StateError) in
    try directory.status(of: record, host.processes)
  }
  guard let record, status == .created else {
    throw .wrongStatus("cannot start container \(id): it is \(status.rawValue), not created")
  }
  // It would not go through its gate before somebody resumes it.
  guard try !isFrozen(record, on: host) else {
    throw .wrongStatus("cannot start container \(id): it is paused")
  }
  // The program may speak at once.
  let notification = try Notification.open(in: directory, for: manager, on: host)
  try open(gate: withState { () throws(StateError) in try directory.openGate() }, of: directory)
  try runPoststartHooks(record, on: host)
  return StartedContainer(record: record, notification: notification)
}

/// Lets init through its gate.
private func open(
  gate: consuming OwnedDescriptor?,
  of directory: borrowing ContainerDirectory,
) throws(RuntimeError) {
  guard let gate else {
    throw .wrongStatus("cannot start container \(directory.id): it has just been started or ended")
  }
  do throws(LaunchError) {
    try startAtGate(gate) { () throws(LaunchError) in
      do throws(StateError) { return try directory.readFailure() } catch { throw .state(error) }
    }
  } catch {
    throw .launch(error)
  }
}

/// Waits until a container that runs by itself has said that it is ready, or has ended.
func awaitReady(
  _ record: ContainerRecord,
  _ notification: consuming Notification?,
  on host: borrowing Host,
) throws(RuntimeError) {
  guard var notification else { return }
  let pid = record.initProcess?.pid ?? 0
  guard let process = try openInit(record, on: host) else {
    return try about("NOTIFY_SOCKET") { () throws(KernelError) in try notification.finish(for: pid)
    }
  }
  try about("NOTIFY_SOCKET") { () throws(KernelError) in
    try notification.awaitReady(process, pid: pid)
  }
}

/// Runs poststart hooks; one that fails stops the container.
///
/// Spec: runtime.md, "Lifecycle", step 10, as of 1.3.
func runPoststartHooks(
  _ record: ContainerRecord,
  on host: borrowing Host,
) throws(RuntimeError) {
  guard !record.poststart.isEmpty else { return }
  let state = record.stateDocument(.running, pid: record.initProcess?.pid ?? 0).text(.compact)
  do throws(HookError) {
    try runHooks(
      record.poststart,
      point: "poststart",
      state: state
    )
  } catch {
    try killEverything(of: record, on: host)
    throw .hook(error)
  }
}
