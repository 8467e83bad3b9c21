import Confinement
import Hooks
import JSON
package import Kernel
import Rootfs
import RuntimeSpec
import State

/// Makes init and talks it through to where nothing is left but to start.
///
/// - Parameters:
///   - request: everything that was decided beforehand.
///   - cgroup: the directory that init is born in; nil leaves it in the creator's.
///   - inherited: what init gets beside its channel.
///   - processes: the host's procfs.
///   - trace: who wants to know which step of init begins; nil for nobody.
///   - born: called with the id of init before anything else, to record it.
/// - Returns: an init that waits to be started.
/// - Throws: why there is none; init has ended by then.
package func makeInit(
  _ request: LaunchRequest,
  cgroup: CInt?,
  inherited: consuming InheritedDescriptors,
  processes: borrowing ProcessFiles,
  trace: StageTrace?,
  born: (Int32) throws(LaunchError) -> Void,
) throws(LaunchError) -> PreparedInit {
  let blueprint = try Blueprint(request, inherited: inherited, cgroup: cgroup, processes)
  var made = try blueprint.make(processes, trace: trace)
  do throws(LaunchError) {
    if let owners = try converse(with: made, request, processes, born: born) {
      made.owners = owners
    }
  } catch {
    made.kill()
    throw error
  }
  return made
}

/// An init that waits for start, and what the creator holds of it.
package struct PreparedInit: ~Copyable {
  package let pid: Int32
  package let process: OwnedDescriptor
  /// Who owns init's namespaces; nil before it is prepared.
  package internal(set) var owners: NamespaceOwners?
  let channel: Channel
  /// Whether init has startContainer hooks to run before it becomes its program.
  private let hasStartHooks: Bool
  let trace: StageTrace?

  init(
    pid: Int32,
    process: consuming OwnedDescriptor,
    channel: consuming Channel,
    hasStartHooks: Bool,
    trace: StageTrace?,
  ) {
    self.hasStartHooks = hasStartHooks
    self.trace = trace
    self.pid = pid
    self.process = process
    self.channel = channel
    owners = nil
  }

  /// Ends init, and takes its status.
  package func kill() {
    do throws(KernelError) {
      try Process.killChild(process, pid)
    } catch {
      // It has ended already: that is what was wanted.
    }
  }

  /// Starts an init that waits at its channel.
  ///
  /// - Throws: what kept it from becoming its program.
  package func start() throws(LaunchError) {
    var wasHeard = true
    do throws(KernelError) {
      try channel.send(CreatorMessage.start.frame)
    } catch  where error.code == .brokenPipe {
      // It has ended: what it said last, if anything, is still there to be read.
      wasHeard = false
    } catch {
      throw .kernel(error, subject: "start")
    }
    var hasHooksAhead = hasStartHooks
    while let message = try receive(&wasHeard) {
      switch message {
      case .startHooksDone: hasHooksAhead = false
      case .failed(let failure): throw .initFailed(failure)
      case .initProcess, .settled, .mounted, .limitsDue, .prepared, .entered, .startHooksAhead:
        throw .handshake(.unexpected("\(message)"))
      }
    }
    // The channel is close-on-exec: its end means that the program runs, or that init was killed.
    guard wasHeard, !hasHooksAhead else { throw .handshake(.closedAtStart) }
  }

  /// The next message that is not about a step; nil at the end, also of one that has not heard all.
  private func receive(_ wasHeard: inout Bool) throws(LaunchError) -> InitMessage? {
    while true {
      let frame = try about("start") { () throws(KernelError) in
        try channel.receive(hearing: &wasHeard)
      }
      guard !frame.isEmpty else { return nil }
      let message: InitMessage
      do throws(HandshakeError) { message = try InitMessage(frame: frame) } catch {
        throw .handshake(error)
      }
      guard StageTrace.notes(message, trace, of: "init") else { return message }
    }
  }
}

extension LaunchError {
  /// What a frame says that can only be a failure's.
  static func failure(in frame: [UInt8]) -> LaunchError {
    do throws(HandshakeError) {
      switch try InitMessage(frame: frame) {
      case .failed(let failure): return .initFailed(failure)
      case let other: return .handshake(.unexpected("\(other)"))
      }
    } catch {
      return .handshake(error)
    }
  }
}

private func converse(
  with made: borrowing PreparedInit,
  _ request: LaunchRequest,
  _ processes: borrowing ProcessFiles,
  born: (Int32) throws(LaunchError) -> Void,
) throws(LaunchError) -> NamespaceOwners? {
  try born(made.pid)
  try adopt(made, request, processes)
  var owners: NamespaceOwners?
  while true {
    let frame = try about("init") { () throws(KernelError) in try made.channel.receive() }
    let message: InitMessage
    do throws(HandshakeError) { message = try InitMessage(frame: frame) } catch {
      throw .handshake(error)
    }
    switch message {
    case .settled(let found): owners = found
    case .prepared: return owners
    case .failed(let failure): throw .initFailed(failure)
    case .mounted:
      try runRuntimeHooks(request, pid: made.pid)
      try about("init") { () throws(KernelError) in
        try made.channel.send(CreatorMessage.hooksDone.frame)
      }
    case .limitsDue:
      for limit in request.plan.process.rlimits {
        try about(limit.subject) { () throws(KernelError) in
          try setResourceLimit(limit, of: made.pid)
        }
      }
      try about("init") { () throws(KernelError) in
        try made.channel.send(CreatorMessage.limitsSet.frame)
      }
    case .entered: _ = StageTrace.notes(message, made.trace, of: "init")
    case .initProcess, .startHooksAhead, .startHooksDone:
      throw .handshake(.unexpected("\(message)"))
    }
  }
}

/// Gives init what it can't have by itself, and tells it that it is known.
private func adopt(
  _ made: borrowing PreparedInit,
  _ request: LaunchRequest,
  _ processes: borrowing ProcessFiles,
) throws(LaunchError) {
  let pid = made.pid
  let plan = request.plan
  if let score = plan.process.oomScoreAdj {
    // Here and not in init: the file is the host's root's once init has another user.
    try about("process.oomScoreAdj") { () throws(KernelError) in
      try setOOMScoreAdjustment(score, of: pid, processes)
    }
  }
  if plan.namespaces.source(of: .user) == .new {
    try mapIdentities(
      of: pid,
      plan.namespaces,
      deniesSetgroups: request.options.deniesSetgroups,
      processes
    )
  }
  if !plan.networkDevices.isEmpty {
    try moveNetworkDevices(of: plan, intoNamespaceOf: pid, processes)
  }
  try about("init") { () throws(KernelError) in
    do throws(KernelError) {
      try made.channel.send(CreatorMessage.adopted.frame)
    } catch  where error.code == .brokenPipe {
      // It has failed already: why is the next thing to be read.
    }
  }
}

/// Runs prestart and createRuntime hooks, in the runtime's namespaces.
private func runRuntimeHooks(_ request: LaunchRequest, pid: Int32) throws(LaunchError) {
  let state = request.record.stateDocument(.creating, pid: pid).text(.compact)
  do throws(HookError) {
    try runHooks(
      request.plan.hooks.prestart,
      point: "prestart",
      state: state
    )
    try runHooks(
      request.plan.hooks.createRuntime,
      point: "createRuntime",
      state: state
    )
  } catch {
    throw .hook(error)
  }
}
