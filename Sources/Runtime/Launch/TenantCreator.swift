package import Kernel
import RuntimeSpec

/// Makes a tenant and talks it through to where nothing is left but to start.
///
/// - Parameters:
///   - request: everything that was decided beforehand.
///   - cgroup: the directory that the tenant is born in; nil leaves it in the creator's.
///   - descriptors: what the tenant gets beside its channel.
///   - processes: the host's procfs.
///   - trace: who wants to know which step begins; nil for nobody.
/// - Returns: a tenant that waits to be started.
/// - Throws: why there is none; it has ended by then.
package func makeTenant(
  _ request: TenantRequest,
  cgroup: CInt?,
  descriptors: consuming TenantDescriptors,
  processes: borrowing ProcessFiles,
  trace: StageTrace?,
) throws(LaunchError) -> PreparedTenant {
  let own = try about("procfs") { () throws(KernelError) in try processes.duplicate() }
  let ends = try about("tenant") { () throws(KernelError) in try Channel.pair() }
  if let list = request.process.initialCPUs {
    // Until it is in the container's control group, which it is at its birth.
    try about("process.execCPUAffinity.initial") { () throws(KernelError) in
      try Process.setAffinity(list.mask)
    }
  }
  let side = try about("clone") { () throws(KernelError) in
    try clone(namespaces: [], cgroup: cgroup, asSibling: false)
  }
  switch consume side {
  case .child:
    Tenant(
      request: request,
      channel: ends.keepSecond(),
      processes: own,
      descriptors: descriptors
    ).run()
  case .parent(let pid, let pidfd):
    let made = PreparedTenant(
      pid: pid,
      process: pidfd,
      channel: ends.keepFirst(),
      isProgram: !request.namespaces.contains(.pid),
      trace: trace
    )
    do throws(LaunchError) {
      try made.awaitPrepared()
    } catch {
      made.kill()
      throw error
    }
    return made
  }
}

/// A tenant that waits for start, and what the creator holds of it.
package struct PreparedTenant: ~Copyable {
  /// The process that enters the container: the program itself, or who makes it once it is started.
  package let pid: Int32
  private let process: OwnedDescriptor
  private let channel: Channel
  /// Whether `pid` becomes the program, and does not only make it.
  private let isProgram: Bool
  private let trace: StageTrace?

  fileprivate init(
    pid: Int32,
    process: consuming OwnedDescriptor,
    channel: consuming Channel,
    isProgram: Bool,
    trace: StageTrace?,
  ) {
    self.trace = trace
    self.pid = pid
    self.process = process
    self.channel = channel
    self.isProgram = isProgram
  }

  fileprivate func awaitPrepared() throws(LaunchError) {
    switch try receive() {
    case .prepared: return
    case .failed(let failure): throw .initFailed(failure)
    case nil: throw .handshake(.tenantClosed)
    case let other?: throw .handshake(.unexpected("\(other)"))
    }
  }

  /// The next message; nil when nobody is left who could send one.
  private func receive() throws(LaunchError) -> InitMessage? {
    while true {
      let frame = try about("tenant") { () throws(KernelError) in try channel.receive() }
      guard !frame.isEmpty else { return nil }
      let message: InitMessage
      do throws(HandshakeError) { message = try InitMessage(frame: frame) } catch {
        throw .handshake(error)
      }
      guard StageTrace.notes(message, trace, of: "tenant") else { return message }
    }
  }

  /// Ends the tenant, and takes its status.
  package func kill() {
    do throws(KernelError) {
      try Process.killChild(process, pid)
    } catch {
      // It has ended already: that is what was wanted.
    }
  }

  /// Lets the tenant become its program.
  ///
  /// - Returns: the program's process, a child of this one.
  /// - Throws: what kept it from becoming its program; it has ended by then.
  package func start(_ processes: borrowing ProcessFiles) throws(LaunchError) -> Int32 {
    do throws(LaunchError) {
      return try awaitProgram()
    } catch {
      kill()
      endUnannounced(processes)
      throw error
    }
  }

  /// Ends a child that the preparation has made and, being killed, has not told of.
  ///
  /// It is in a pid namespace below this process's own: whoever executed swrun may have left it other
  /// children.
  private func endUnannounced(_ processes: borrowing ProcessFiles) {
    guard !isProgram else { return }
    do throws(KernelError) {
      let ownDepth = try processes.pidNamespaceDepth(of: "self")
      for child in try processes.ownChildren() {
        let process = try Process.open(child)
        guard try processes.pidNamespaceDepth(of: "\(child)") > ownDepth else { continue }
        try Process.signal(process, 9)
        // The kernel may keep one that is killed, as on a file system that does not answer.
        let aMoment: Int32 = 1000
        if try process.wait(for: .readable, milliseconds: aMoment) {
          _ = try Process.wait(for: child)
        }
      }
    } catch {
      // What went wrong before is the better news.
    }
  }

  private func awaitProgram() throws(LaunchError) -> Int32 {
    do throws(KernelError) {
      try channel.send(CreatorMessage.start.frame)
    } catch  where error.code == .brokenPipe {
      // It has ended: what it said last, if anything, is still there to be read.
    } catch {
      throw .kernel(error, subject: "start")
    }
    var program = isProgram ? pid : nil
    var failure: LaunchError?
    // The channel is close-on-exec: its end means that the program runs, or that there will be none.
    while let message = try receive() {
      switch message {
      case .initProcess(let sibling):
        // Who may trace the tenant may speak in its place: what it names must be a child of ours, and
        // is the only one that there is.
        guard sibling != pid, Process.isChild(sibling) else { continue }
        program = sibling
      case .failed(let cause): failure = .initFailed(cause)
      case .settled, .mounted, .limitsDue, .prepared, .entered, .startHooksAhead, .startHooksDone:
        failure = .handshake(.unexpected("\(message)"))
      }
    }
    if !isProgram { try reap(pid) }
    guard let program else { throw failure ?? .handshake(.tenantClosed) }
    if let failure {
      // It has ended, unless somebody else has spoken.
      try about("tenant") { () throws(KernelError) in
        try Process.signal(try Process.open(program), 9)
      }
      try reap(program)
      throw failure
    }
    return program
  }

  private func reap(_ child: Int32) throws(LaunchError) {
    try about("tenant") { () throws(KernelError) in _ = try Process.wait(for: child) }
  }
}
