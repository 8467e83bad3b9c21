import Kernel
import Launch
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
  guard !runOptions.isDetached else {
    try started(makeContainer(options, startsAtGate: false, on: host), on: host)
    return 0
  }
  if runOptions.isSubreaper {
    try about("run") { () throws(KernelError) in try Process.setSubreaper(true) }
  }
  // Held back before there is anything to forward them to.
  try about("run") { () throws(KernelError) in _ = try Signals.block(.all) }
  let signals = try about("run") { () throws(KernelError) in try Signals.descriptor() }
  let made = try makeContainer(options, startsAtGate: false, on: host)
  let pid = made.initProcess.pid
  let record = made.record
  let process = try about("run") { () throws(KernelError) in try Process.open(pid) }
  try started(made, on: host)
  let status = try about("run") { () throws(KernelError) in
    try waitForEnd(of: pid, process, signals)
  }
  if !runOptions.keepsState { try deleteOwn(record, on: host) }
  return status.code
}

/// Starts what waits at its channel, and lets go of the container's lock.
private func started(
  _ made: consuming CreatedContainer,
  on host: borrowing Host,
) throws(RuntimeError) {
  let record = made.record
  do throws(RuntimeError) {
    try withLaunch { () throws(LaunchError) in try made.initProcess.start() }
    try runPoststartHooks(made.record, on: host)
  } catch {
    made.initProcess.kill()
    made.release()
    try deleteOwn(record, on: host)
    throw error
  }
}

/// Forwards every signal to init, and reaps every child, until init has ended.
func waitForEnd(
  of pid: Int32,
  _ process: borrowing OwnedDescriptor,
  _ signals: borrowing OwnedDescriptor,
) throws(KernelError) -> ExitStatus {
  while true {
    while let ended = try Process.reap() {
      if ended.pid == pid { return ended.status }
    }
    let signal = try Signals.next(from: signals)
    guard Signals.isForwarded(signal) else { continue }
    do throws(KernelError) {
      try Process.signal(process, signal)
    } catch  where error.code == .noProcess {
      // It has ended: the next turn reaps it.
    }
  }
}
