import Kernel
import Rootfs
import RuntimeSpec

/// What the clones need, opened by the creator: it can reach what init may not.
struct Blueprint: ~Copyable {
  let request: LaunchRequest
  let inherited: InheritedDescriptors
  let cgroup: CInt?
  /// Namespaces to join; their numbers stay open in all processes; init closes them late.
  let joined: [JoinedNamespace]
  /// Detached copies of bind sources, by the mount's place in the list.
  let bindSources: [Int: BindSource]

  init(
    _ request: LaunchRequest,
    inherited: consuming InheritedDescriptors,
    cgroup: CInt?,
    _ processes: borrowing ProcessFiles,
  ) throws(LaunchError) {
    let joined = try Self.openNamespaces(request.plan.namespaces, processes)
    let bindSources = try Self.openBindSources(request.plan, joined, processes)
    self.request = request
    self.inherited = inherited
    self.cgroup = cgroup
    self.joined = joined
    self.bindSources = bindSources
  }

  private static func openNamespaces(
    _ plan: NamespacePlan,
    _ processes: borrowing ProcessFiles,
  ) throws(LaunchError) -> [JoinedNamespace] {
    var list: [JoinedNamespace] = []
    for entry in plan.entries {
      guard case .join(let path) = entry.source else { continue }
      let opened = try about("\(entry.kind.rawValue) namespace") { () throws(KernelError) in
        // A fifo of that name must not hold us up.
        try open(path, [.readOnly, .nonblocking])
      }
      if entry.kind == .mount, try isHosts(opened, processes) { throw .hostMounts(path: path) }
      list.append(.init(kind: entry.kind, path: path, descriptor: opened.release()))
    }
    return list
  }

  /// Whether a mount namespace is that of this process or of the first one.
  ///
  /// The container's root would become that of all its processes: see pivot_root(2).
  private static func isHosts(
    _ namespace: borrowing OwnedDescriptor,
    _ processes: borrowing ProcessFiles,
  ) throws(LaunchError) -> Bool {
    let status = try about("mount namespace") { () throws(KernelError) in try namespace.status() }
    return ["self/ns/mnt", "1/ns/mnt"].contains { name in
      do throws(KernelError) {
        return try processes.openTarget(of: name, [.readOnly]).status().isSameFile(as: status)
      } catch {
        // That of a process which this one may not look at it may not join either.
        return false
      }
    }
  }

  /// Root of a user namespace may not search the host's directories, so the creator goes there.
  ///
  /// A creator without privilege is the same user as that root, and may not copy mounts: init does. To
  /// map the ids of a mount takes the right over its file system, which is the host's: the creator
  /// does that in any case.
  private static func openBindSources(
    _ plan: ContainerPlan,
    _ joined: [JoinedNamespace],
    _ processes: borrowing ProcessFiles,
  ) throws(LaunchError) -> [Int: BindSource] {
    var list: [Int: BindSource] = [:]
    let isForInit = plan.namespaces.source(of: .user) == nil || Process.effectiveUser != 0
    let user = joined.first { $0.kind == .user }?.descriptor
    for mount in plan.mounts where !isForInit || mount.identities != nil {
      guard case .bind(let source, _) = mount.kind, !mount.isRemount else { continue }
      let subject = "mount \(source) on \(mount.destination)"
      let opened = try about(subject) { () throws(KernelError) in
        try detachedBindSource(source, mount)
      }
      if case .tree(let tree) = opened, let identities = mount.identities {
        try map(tree, identities, plan.namespaces, joined: user, subject: subject, processes)
      }
      list[mount.index] = opened
    }
    return list
  }

  /// What an intermediate has to join before init is made; empty where init does it all.
  ///
  /// A pid namespace takes effect on children only. A user namespace by path must be entered before
  /// others are made in it; before a new one, the others must be joined while there is the right to.
  private var joinedBeforeInit: [JoinedNamespace] {
    let isUserNew = request.plan.namespaces.source(of: .user) == .new
    return joined.filter { $0.kind == .user || $0.kind == .pid || (isUserNew && $0.kind != .mount) }
      .sorted { $0.kind == .user && $1.kind != .user }
  }

  /// The namespaces that the clone of init makes; the others are init's own steps.
  private var newNamespaces: NamespaceFlags {
    let namespaces = request.plan.namespaces
    let all = NamespaceFlags(rawValue: namespaces.cloneFlags).subtracting([.cgroup, .time])
    return namespaces.isIPCMadeByInit ? all.subtracting(.ipc) : all
  }

  /// Makes init, by way of an intermediate where one is needed.
  consuming func make(
    _ processes: borrowing ProcessFiles,
    trace: StageTrace?,
  ) throws(LaunchError) -> PreparedInit {
    let own = try about("procfs") { () throws(KernelError) in try processes.duplicate() }
    let ends = try about("init") { () throws(KernelError) in try Channel.pair() }
    let early = joinedBeforeInit
    let flags = newNamespaces
    let hasStartHooks = !request.plan.hooks.startContainer.isEmpty
    let side = try about("clone") { () throws(KernelError) in
      try clone(namespaces: early.isEmpty ? flags : [], cgroup: cgroup, asSibling: false)
    }
    switch consume side {
    case .child:
      inherited.closeWithheld()
      let channel = ends.keepSecond()
      if early.isEmpty {
        becomeInit(channel: channel, processes: own, early: early)
      }
      becomeIntermediate(channel: channel, processes: own, early: early, flags: flags)
    case .parent(let pid, let pidfd):
      closeOpened()
      let channel = ends.keepFirst()
      guard !early.isEmpty else {
        return PreparedInit(
          pid: pid,
          process: pidfd,
          channel: channel,
          hasStartHooks: hasStartHooks,
          trace: trace
        )
      }
      return try adoptInit(of: pid, channel: channel, hasStartHooks: hasStartHooks, trace: trace)
    }
  }

  /// Init has its own copies: the creator's are of no more use.
  private func closeOpened() {
    for namespace in joined { _ = OwnedDescriptor(adopting: namespace.descriptor) }
    for case (_, .tree(let descriptor)) in bindSources {
      _ = OwnedDescriptor(adopting: descriptor)
    }
  }

  private consuming func becomeInit(
    channel: consuming Channel,
    processes: consuming ProcessFiles,
    early: [JoinedNamespace],
  ) -> Never {
    let done = Set(early.map(\.kind))
    Init(
      request: request,
      channel: channel,
      processes: processes,
      inherited: inherited,
      joined: joined.filter { !done.contains($0.kind) },
      bindSources: bindSources
    ).run()
  }

  /// Joins what init can't join for itself, makes init a child of the creator, and ends.
  private consuming func becomeIntermediate(
    channel: consuming Channel,
    processes: consuming ProcessFiles,
    early: [JoinedNamespace],
    flags: NamespaceFlags,
  ) -> Never {
    do throws(KernelError) {
      try Process.setName("swrun:inter")
      // Whoever is in those namespaces already must not trace us (CVE-2016-9962).
      try Process.setDumpable(false)
      for namespace in early {
        try enter(
          namespace: OwnedDescriptor(adopting: namespace.descriptor),
          NamespaceFlags(rawValue: namespace.kind.cloneFlag),
          subject: namespace.path
        )
        // A change of credentials may undo it: PR_SET_DUMPABLE in prctl(2).
        try Process.setDumpable(false)
      }
      // The intermediate was born in the cgroup, so init is too.
      let side = try clone(namespaces: flags, cgroup: nil, asSibling: true)
      switch consume side {
      case .child: break
      case .parent(let pid, _):
        try channel.send(InitMessage.initProcess(pid).frame)
        Process.end(0)
      }
    } catch {
      let failure = InitFailure(step: .joinNamespaces, error, subject: "namespaces")
      do throws(KernelError) {
        try channel.send(InitMessage.failed(failure).frame)
      } catch {
        // The creator is gone.
      }
      Process.end(1)
    }
    becomeInit(channel: channel, processes: processes, early: early)
  }
}

/// Learns from the intermediate which process init is.
private func adoptInit(
  of intermediate: Int32,
  channel: consuming Channel,
  hasStartHooks: Bool,
  trace: StageTrace?,
) throws(LaunchError) -> PreparedInit {
  var message: InitMessage
  var owners: NamespaceOwners?
  // Init may be faster than the intermediate.
  var isOfInit: Bool
  repeat {
    let frame = try about("intermediate") { () throws(KernelError) in try channel.receive() }
    do throws(HandshakeError) { message = try InitMessage(frame: frame) } catch {
      throw .handshake(error)
    }
    isOfInit = StageTrace.notes(message, trace, of: "init")
    if case .settled(let found) = message { (owners, isOfInit) = (found, true) }
  } while isOfInit
  _ = try about("intermediate") { () throws(KernelError) in try Process.wait(for: intermediate) }
  switch message {
  case .initProcess(let pid):
    let process = try about("init") { () throws(KernelError) in try Process.open(pid) }
    var made = PreparedInit(
      pid: pid,
      process: process,
      channel: channel,
      hasStartHooks: hasStartHooks,
      trace: trace
    )
    made.owners = owners
    return made
  case .failed(let failure): throw .initFailed(failure)
  case .settled, .mounted, .limitsDue, .prepared, .entered, .startHooksAhead, .startHooksDone:
    throw .handshake(.unexpected("\(message)"))
  }
}
