import Capabilities
import Confinement
import Kernel
import Launch
import RuntimeSpec
import State
import SyscallFilter

/// Decides on a tenant's process, with what was ignored as warnings.
func processPlan(
  _ options: ExecOptions,
  _ basis: TenantBasis,
  _ annotations: [Annotation],
  on host: borrowing Host,
) throws(RuntimeError) -> ProcessPlan {
  let place: String
  var section: Configuration.Process
  switch options.source {
  case .file(let path):
    place = path
    let bytes = try about("process file") { () throws(KernelError) in
      try open(path, [.readOnly]).readAll(limit: 16 << 20, subject: path)
    }
    let given = try located(place) { () throws(ConfigurationError) in
      try Configuration.Process(parsing: bytes)
    }
    section = given.confined(like: try ownSection(options, basis))
  case .command(let command, let changes):
    place = options.ownSection
    section = changes.applied(to: try ownSection(options, basis), command)
  }
  if options.wantsTerminal { section.terminal = true }
  var warnings: [IgnoredSetting] = []
  var plan = try located(place) { () throws(ConfigurationError) in
    try ProcessPlan(section, warnings: &warnings)
  }
  for warning in warnings { host.warn("\(warning)") }
  plan.personality = basis.persona.map(PersonalityPlan.init)
  plan.addSockets(options.socketVariables)
  plan.memoryPolicy = basis.memoryPolicy
  // What the container may not, no process of it may.
  try located(place) { () throws(ConfigurationError) in try plan.apply(annotations) }
  return plan
}

private func ownSection(
  _ options: ExecOptions,
  _ basis: TenantBasis,
) throws(RuntimeError) -> Configuration.Process {
  try located(options.ownSection) { () throws(ConfigurationError) in
    try Configuration.Process(parsing: basis.processText)
  }
}

extension ExecOptions {
  /// What messages call the container's own section.
  fileprivate var ownSection: String { "process of container \(id)" }
}

private func located<Value>(
  _ place: String,
  _ body: () throws(ConfigurationError) -> Value,
) throws(RuntimeError) -> Value {
  do throws(ConfigurationError) { return try body() } catch {
    throw .configuration(path: place, error)
  }
}

/// Everything about a tenant: its filter and namespaces are the container's in any case.
func tenantRequest(
  _ options: ExecOptions,
  _ basis: TenantBasis,
  _ process: ProcessPlan,
  _ record: ContainerRecord,
  on host: borrowing Host,
) throws(RuntimeError) -> TenantRequest {
  let pid = record.initProcess?.pid ?? 0
  var process = process
  if record.isInUserNamespace { _ = try dropDeniedGroups(of: &process, on: host) }
  let namespaces = try joinable(basis.namespaces, of: pid, on: host)
  let isInUserNamespace = namespaces.contains(.user)
  return TenantRequest(
    id: record.id,
    process: process,
    namespaces: namespaces,
    entersRoot: !basis.namespaces.contains(.mount),
    credentials: try capabilities(
      of: process,
      hasNewUserNamespace: isInUserNamespace,
      on: host
    ),
    filter: basis.filter.map { CompiledFilter(program: $0, flags: basis.filterFlags) },
    keepsKeyring: basis.keepsKeyring,
    preservedDescriptors: options.preservedDescriptors,
    deniesSetgroups: record.isInUserNamespace ? try deniesSetgroups("\(pid)", on: host) : false,
    record: record,
    listenerMetadata: basis.listenerMetadata,
    isTraced: host.trace != nil
  )
}

/// The namespaces to join, of those that are the container's own.
///
/// Without the user namespace where this process is in it already: nobody can join their own, see
/// EINVAL in setns(2). With the mount namespace that init is in, where that is neither the container's
/// nor this process's.
private func joinable(
  _ namespaces: [NamespaceKind],
  of pid: Int32,
  on host: borrowing Host,
) throws(RuntimeError) -> [NamespaceKind] {
  var joinable = namespaces
  if namespaces.contains(.user), try shares(.user, with: pid, on: host) {
    joinable.removeAll { $0 == .user }
  }
  if !namespaces.contains(.mount), try !shares(.mount, with: pid, on: host) {
    joinable.append(.mount)
  }
  return joinable
}

/// Whether this process is in the same namespace as another.
private func shares(
  _ kind: NamespaceKind,
  with pid: Int32,
  on host: borrowing Host,
) throws(RuntimeError) -> Bool {
  try about("\(kind.rawValue) namespace") { () throws(KernelError) in
    let name = "ns/\(kind.procName)"
    let own = try host.processes.openTarget(of: "self/\(name)", [.readOnly]).status()
    let theirs = try host.processes.openTarget(of: "\(pid)/\(name)", [.readOnly]).status()
    return own.isSameFile(as: theirs)
  }
}

/// Takes from a process the groups that nobody can have in the user namespace that this process is in.
///
/// All namespaces below have a denial of setgroups(2), too: what unshare(1) with --map-root-user makes.
///
/// - Returns: whether it is denied.
func dropDeniedGroups(
  of process: inout ProcessPlan,
  on host: borrowing Host,
) throws(RuntimeError) -> Bool {
  guard try host.isInUserNamespace(), try deniesSetgroups("self", on: host) else { return false }
  if !process.additionalGids.isEmpty, !process.keepsGroups {
    host.warn("additionalGids are ignored: this user namespace denies setgroups")
    process.additionalGids = []
  }
  return true
}

/// Whether setgroups(2) is denied where a process is, which is an id, or `self`.
///
/// See: user_namespaces(7), /proc/pid/setgroups.
private func deniesSetgroups(
  _ process: String,
  on host: borrowing Host,
) throws(RuntimeError) -> Bool {
  try about("setgroups") { () throws(KernelError) in
    try host.processes.read("\(process)/setgroups").starts(with: "deny".utf8)
  }
}
