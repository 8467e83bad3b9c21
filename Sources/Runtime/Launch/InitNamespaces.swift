import Confinement
import Kernel
import RuntimeSpec
import State

/// A namespace that is joined by path, opened by the creator.
struct JoinedNamespace: Sendable {
  var kind: NamespaceKind
  var path: String
  var descriptor: CInt
}

/// The steps that settle which namespaces init is in, and as whom.
extension Init {
  mutating func takeIdentity() throws(InitFailure) {
    guard plan.namespaces.source(of: .user) != nil else { return }
    if !plan.timeOffsets.isEmpty {
      // The file is the host's root's once this process has changed its user: proc(5), dumpable.
      try kernel(.takeIdentity) { () throws(KernelError) in timeOffsets = try openTimeOffsets() }
    }
    if plan.namespaces.source(of: .user) == .new { try awaitAdoption(.takeIdentity) }
    try kernel(.takeIdentity) { () throws(KernelError) in
      try Process.becomeRoot()
    }
  }

  func joinNamespaces() throws(InitFailure) {
    // A mount namespace last: the paths of messages and of /proc mean the host's until then.
    for namespace in joined where namespace.kind != .mount {
      try join(namespace)
    }
    for namespace in joined where namespace.kind == .mount {
      try join(namespace)
    }
    let owners: NamespaceOwners
    do throws(KernelError) { owners = try preparation.processes.ownNamespaceOwners() } catch {
      throw InitFailure(step: .joinNamespaces, error)
    }
    try send(.settled(owners), .joinNamespaces)
  }

  private func join(_ namespace: JoinedNamespace) throws(InitFailure) {
    try kernel(.joinNamespaces, "\(namespace.kind.rawValue) namespace \(namespace.path)") {
      () throws(KernelError) in
      try enter(
        namespace: OwnedDescriptor(adopting: namespace.descriptor),
        NamespaceFlags(rawValue: namespace.kind.cloneFlag),
        subject: namespace.path
      )
    }
  }

  private func openTimeOffsets() throws(KernelError) -> OwnedDescriptor {
    try preparation.processes.open("self/timens_offsets", [.writeOnly])
  }

  mutating func makeTimeNamespace() throws(InitFailure) {
    guard plan.namespaces.source(of: .time) == .new else { return }
    try kernel(.makeTimeNamespace, "time namespace") { () throws(KernelError) in
      try leave(.time, subject: "time namespace")
      if !plan.timeOffsets.isEmpty {
        let lines = plan.timeOffsets.map { "\($0.clock) \($0.seconds) \($0.nanoseconds)\n" }
        if timeOffsets == nil { timeOffsets = try openTimeOffsets() }
        try timeOffsets?.writeOnce(lines.joined(), subject: "timens_offsets")
      }
      // So far it is for children alone: time_namespaces(7).
      try enter(
        namespace: try preparation.processes.openTarget(
          of: "self/ns/time_for_children",
          [.readOnly]
        ),
        .time,
        subject: "time namespace"
      )
    }
  }

  func makeIPCNamespace() throws(InitFailure) {
    guard plan.namespaces.isIPCMadeByInit else { return }
    try kernel(.makeIPCNamespace) { () throws(KernelError) in
      try leave(.ipc, subject: "ipc namespace")
    }
  }

  func leaveCgroupNamespace() throws(InitFailure) {
    guard plan.namespaces.source(of: .cgroup) == .new else { return }
    try kernel(.leaveCgroupNamespace) { () throws(KernelError) in
      try leave(.cgroup, subject: "cgroup namespace")
    }
  }

  /// Keeps the cores that the container runs on to itself.
  func isolateCores() throws(InitFailure) {
    guard plan.process.hasOwnCores else { return }
    try kernel(.setLimits, CoreScheduling.annotation) { () throws(KernelError) in
      try Process.isolateCores()
    }
  }

  /// Limits above the present hard ones take the host's right, which root of a user namespace lacks.
  func setResourceLimits() throws(InitFailure) {
    guard request.options.creatorSetsLimits else { return try preparation.setResourceLimits() }
    try send(.limitsDue, .setLimits)
    try expect(.limitsSet, .setLimits)
  }

  func joinKeyring() throws(InitFailure) {
    guard !request.options.keepsKeyring else { return }
    try preparation.joinKeyring(of: request.record.id)
  }

  func setUpLoopback() throws(InitFailure) {
    guard plan.namespaces.source(of: .network) == .new else { return }
    try kernel(.setUpLoopback) { () throws(KernelError) in try Process.setLinkUp("lo") }
  }

  func setNames() throws(InitFailure) {
    try kernel(.setNames) { () throws(KernelError) in
      if let hostname = plan.hostname { try Process.setHostname(hostname) }
      if let domainname = plan.domainname { try Process.setDomainname(domainname) }
    }
  }

  /// Waits, once, until the creator has recorded this process and mapped its ids.
  mutating func awaitAdoption(_ step: InitStep) throws(InitFailure) {
    guard !isAdopted else { return }
    try expect(.adopted, step)
    isAdopted = true
  }

  /// Waits for one message of the creator.
  func expect(_ message: CreatorMessage, _ step: InitStep) throws(InitFailure) {
    let frame: [UInt8]
    do throws(KernelError) {
      frame = try channel.receive()
    } catch {
      throw InitFailure(step: step, error)
    }
    // An end of file: the creator was killed, and there is nobody to make a container for.
    guard let tag = frame.first else { Process.end(1) }
    guard CreatorMessage(rawValue: tag) == message else {
      throw InitFailure(step: step, refusal: "the creator sent \(tag) in place of \(message)")
    }
  }

  /// Sends one message to the creator.
  func send(_ message: InitMessage, _ step: InitStep) throws(InitFailure) {
    try kernel(step) { () throws(KernelError) in try channel.send(message.frame) }
  }
}
