import Kernel
import Launch
import RuntimeSpec
import State

/// Adds a process to a container; in the foreground also waits for its end.
///
/// - Returns: the status to exit with: the process's own, 128 and the number of a signal that killed
///   it, or 0 when detached.
/// - Throws: why there is no process; nothing of it is left by then.
package func exec(_ options: ExecOptions, on host: borrowing Host) throws(RuntimeError) -> Int32 {
  let directory = try withState { () throws(StateError) in
    try ContainerDirectory.existing(options.id, in: host.root)
  }
  let record = try checkedRecord(directory, options, on: host)
  guard let container = try openInit(record, on: host) else { throw .stopped }
  let basis = try withState { () throws(StateError) in try directory.readBasis() }
  let process = try processPlan(options, basis, on: host)
  var console = try Console(
    for: process,
    socket: options.consoleSocket,
    isForeground: !options.isDetached
  )
  let request = try tenantRequest(options, basis, process, record, on: host)
  if options.isSubreaper, !options.isDetached {
    try about("exec") { () throws(KernelError) in try Process.setSubreaper(true) }
  }
  let birthplace = TenantBirthplace(
    record: record,
    subgroup: options.subgroup,
    container: container,
    console: console.inner.take()
  )
  let made = try birthplace.makeTenant(request, on: host)
  host.debug("tenant: prepared")
  guard !options.isDetached else {
    _ = try started(made, options)
    return 0
  }
  let master = try console.takeMaster()
  let pid = try started(made, options)
  var foreground = try Foreground(master, on: host)
  return try foreground.wait(for: pid).code
}

/// The record of a container that can take a process.
private func checkedRecord(
  _ directory: borrowing ContainerDirectory,
  _ options: ExecOptions,
  on host: borrowing Host,
) throws(RuntimeError) -> ContainerRecord {
  guard let seen = try observe(directory, on: host) else { throw .state(.doesNotExist(options.id)) }
  switch seen.status {
  case .created, .running: return seen.record
  case .paused where options.ignoresPause: return seen.record
  case .paused:
    throw .refused("cannot exec in a paused container (use --ignore-paused to override)")
  case .creating: throw .refused("cannot exec in a container that is being created")
  case .stopped: throw .stopped
  }
}

/// Starts a tenant and tells the caller of it, by the pid file last: callers take that for success.
private func started(
  _ tenant: borrowing PreparedTenant,
  _ options: ExecOptions,
) throws(RuntimeError) -> Int32 {
  let pid = try withLaunch { () throws(LaunchError) in try tenant.start() }
  do throws(RuntimeError) {
    if !options.isDetached {
      // Whoever learns of the process from here on may send signals that are meant for it.
      try about("signals") { () throws(KernelError) in _ = try Signals.block(.all) }
    }
    try sendProcess(pid, to: options.pidfdSocket)
    try writePIDFile(pid, at: options.pidFile)
  } catch {
    // A process that the caller knows nothing of would be nobody's.
    try about("process \(pid)") { () throws(KernelError) in
      try Process.signal(try Process.open(pid), 9)
      _ = try Process.wait(for: pid)
    }
    throw error
  }
  return pid
}

extension RuntimeError {
  /// In the words of runc, and those that callers look for.
  fileprivate static var stopped: RuntimeError {
    .refused("cannot exec in a stopped container: container not running")
  }
}
