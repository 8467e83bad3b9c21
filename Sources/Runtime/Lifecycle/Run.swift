import Kernel
import Launch
import RuntimeSpec
import State

/// What run does beyond create and start.
package struct RunOptions: Sendable {
  package var isDetached: Bool
  /// Leaves the stopped container's state in place.
  package var keepsState: Bool
  package var isSubreaper: Bool

  package init(isDetached: Bool, keepsState: Bool, isSubreaper: Bool) {
    self.isDetached = isDetached
    self.keepsState = keepsState
    self.isSubreaper = isSubreaper
  }
}

/// Makes and starts a container; in the foreground also waits for its end and deletes it.
///
/// - Returns: the status to exit with: the container's own, 128 and the number of a signal that
///   killed it, or 0 when detached.
package func run(
  _ options: CreateOptions,
  _ runOptions: RunOptions,
  on host: borrowing Host,
) throws(RuntimeError) -> Int32 {
  let bundle = try Bundle(path: options.bundle)
  var console = try Console(
    for: bundle.plan.process,
    socket: options.consoleSocket,
    isForeground: !runOptions.isDetached
  )
  if runOptions.isSubreaper, !runOptions.isDetached {
    try about("run") { () throws(KernelError) in try Process.setSubreaper(true) }
  }
  let made = try makeContainer(
    bundle,
    options,
    startsAtGate: false,
    console: console.inner.take(),
    on: host
  )
  let notification: Notification?
  do throws(RuntimeError) {
    notification = try .open(in: made.directory, for: options.notifyAddress, on: host)
  } catch {
    try discard(made, on: host)
    throw error
  }
  guard !runOptions.isDetached else {
    let record = made.record
    try started(made, on: host)
    try awaitReady(record, notification, on: host)
    return 0
  }
  return try stay(with: made, runOptions, console, notification, on: host)
}

/// Starts a container and waits for its end; whatever goes wrong, nothing of it is left.
private func stay(
  with made: consuming CreatedContainer,
  _ runOptions: RunOptions,
  _ console: consuming Console,
  _ notification: consuming Notification?,
  on host: borrowing Host,
) throws(RuntimeError) -> Int32 {
  let pid = made.initProcess.pid
  let record = made.record
  let master: OwnedDescriptor?
  do throws(RuntimeError) {
    master = try console.takeMaster()
  } catch {
    try discard(made, on: host)
    throw error
  }
  try started(made, on: host)
  let status: ExitStatus
  do throws(RuntimeError) {
    // Until here a signal is an interruption; a program has been started to get them from now on.
    var foreground = try Foreground(master, notification, on: host)
    status = try foreground.wait(for: pid)
  } catch {
    try deleteOwn(record, on: host)
    throw error
  }
  if !runOptions.keepsState { deleteEnded(record, on: host) }
  return status.code
}

/// Deletes a container that has ended by itself: how it did is what the caller wants to know, so
/// that what can't be deleted is a warning.
func deleteEnded(_ record: ContainerRecord, on host: borrowing Host) {
  do throws(RuntimeError) {
    try deleteOwn(record, on: host)
  } catch {
    host.warn("can't delete the ended container: \(error): try delete --force \(record.id)")
  }
}

/// Starts what waits at its channel, and lets go of the container's lock.
private func started(
  _ made: consuming CreatedContainer,
  on host: borrowing Host,
) throws(RuntimeError) {
  do throws(RuntimeError) {
    try withLaunch { () throws(LaunchError) in try made.initProcess.start() }
    try runPoststartHooks(made.record, on: host)
  } catch {
    try discard(made, on: host)
    throw error
  }
}

/// Ends and deletes a container of which this process has the lock.
private func discard(
  _ made: consuming CreatedContainer,
  on host: borrowing Host,
) throws(RuntimeError) {
  let record = made.record
  made.initProcess.kill()
  made.release()
  try deleteOwn(record, on: host)
}
