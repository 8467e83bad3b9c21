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
  let seen = try observe(id, on: host)
  let isLast = signal == 9 && seen.record.sharesPidNamespace
  if all || isLast {
    let directory = try withState { () throws(StateError) in
      try ContainerDirectory.existing(id, in: host.root)
    }
    // Nobody waits for the lock to kill: whoever has it may be what is to be ended.
    let isOurs = try withState { () throws(StateError) in try directory.lock(wait: false) }
    let reached = try signalEverything(of: seen.record, signal, standingStill: isOurs, on: host)
    directory.release()
    guard reached || all else { throw .notRunning("container not running") }
    return
  }
  guard let process = try openInit(seen.record, on: host) else {
    throw .notRunning("container not running")
  }
  do throws(KernelError) {
    try Process.signal(process, signal)
  } catch  where error.code == .noProcess {
    throw .notRunning("container not running")
  } catch {
    throw .kernel(error, subject: "signal \(signal)")
  }
}
