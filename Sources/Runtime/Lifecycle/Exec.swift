import Cgroups
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
  do throws(RuntimeError) {
    return try addProcess(to: record, in: directory, options, on: host)
  } catch .launch(let error) where error.isLackOfRoom {
    throw .refused("\(error): \(try lackOfRoom(in: record, on: host))")
  }
}

private func addProcess(
  to record: ContainerRecord,
  in directory: borrowing ContainerDirectory,
  _ options: ExecOptions,
  on host: borrowing Host,
) throws(RuntimeError) -> Int32 {
  guard let container = try openInit(record, on: host) else { throw .stopped }
  let basis = try withState { () throws(StateError) in try directory.readBasis() }
  let process = try processPlan(options, basis, record.annotations, on: host)
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
    console: console.inner.take(),
    listenerPath: basis.listenerPath
  )
  let made = try birthplace.makeTenant(request, on: host)
  host.debug("tenant: prepared")
  guard !options.isDetached else {
    _ = try started(made, options, on: host)
    return 0
  }
  let master = try console.takeMaster()
  let pid = try started(made, options, on: host)
  var foreground = try Foreground(master, on: host)
  return try foreground.wait(for: pid).code
}

/// The record of a container that can take a process.
private func checkedRecord(
  _ directory: borrowing ContainerDirectory,
  _ options: ExecOptions,
  on host: borrowing Host,
) throws(RuntimeError) -> ContainerRecord {
  var observed = try observe(directory, on: host)
  if observed?.status == .paused,
    try withState({ () throws(StateError) in try directory.isStoppedForSignal() })
  {
    // By a kill, which goes on with the lock or was killed itself.
    let locked = try lockedContainer(options.id, on: host)
    observed = try observe(locked, on: host)
  }
  guard let seen = observed else { throw .state(.doesNotExist(options.id)) }
  switch seen.status {
  case .created, .running: return seen.record
  case .paused where options.ignoresPause: return seen.record
  case .paused:
    throw .wrongStatus("cannot exec in a paused container (use --ignore-paused to override)")
  case .creating: throw .wrongStatus("cannot exec in a container that is being created")
  case .stopped: throw .stopped
  }
}

/// Starts a tenant and tells the caller of it, by the pid file last: callers take that for success.
private func started(
  _ tenant: borrowing PreparedTenant,
  _ options: ExecOptions,
  on host: borrowing Host,
) throws(RuntimeError) -> Int32 {
  if !options.isDetached {
    // Until here a signal ends this process, and the tenant with it. Once that may be its program,
    // which would be nobody's, they wait for `Foreground` and go to the program.
    try about("signals") { () throws(KernelError) in _ = try Signals.block(.all) }
  }
  let pid = try withLaunch { () throws(LaunchError) in try tenant.start(host.processes) }
  do throws(RuntimeError) {
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

/// Why a process was one too many: who makes the tenant is in the container's cgroup too, and goes
/// when there is one.
private func lackOfRoom(
  in record: ContainerRecord,
  on host: borrowing Host,
) throws(RuntimeError) -> String {
  let limit = try withControlGroup(of: record, on: host) { (group, _) throws(CgroupError) in
    try group.processLimit()
  }
  let need = "exec needs room for two for a moment"
  guard let limit = limit ?? nil, limit.most - limit.present < 2 else {
    return "\(need), which RLIMIT_NPROC of the user or the pids.max of a cgroup above leaves not"
  }
  return "\(need); the container's pids.max is \(limit.most), and \(limit.present) are there"
}

extension LaunchError {
  /// Whether a clone failed for want of a free place among the processes.
  fileprivate var isLackOfRoom: Bool {
    switch self {
    case .kernel(let error, _): error.code == .wouldBlock && error.call.hasPrefix("clone")
    case .initFailed(let failure): failure.code == .wouldBlock && failure.call == "clone"
    case .handshake, .hook, .state, .cgroup, .unmapped, .hostMounts: false
    }
  }
}

extension RuntimeError {
  /// In the words of runc, and those that callers look for.
  fileprivate static var stopped: RuntimeError {
    .notRunning("cannot exec in a stopped container: container not running")
  }
}
