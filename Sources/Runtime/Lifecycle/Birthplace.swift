import Cgroups
import DBus
import Kernel
import RuntimeSpec
import State
import Systemd

/// The control group that a container is born in.
struct Birthplace: ~Copyable {
  /// The container's control group, which has the limits.
  let group: ControlGroup
  /// The one below it that its processes are in; nil where that is the same.
  let leaf: ControlGroup?
  /// What a scope is kept up by until init is in it.
  var placeholder: Placeholder?
  /// Whether init can be born in the control group; where not, systemd moves it there.
  let takesBirths: Bool

  init(
    group: consuming ControlGroup,
    leaf: consuming ControlGroup?,
    placeholder: consuming Placeholder?,
    takesBirths: Bool,
  ) {
    self.group = group
    self.leaf = leaf
    self.placeholder = placeholder
    self.takesBirths = takesBirths
  }

  /// Notes which control group the container has.
  ///
  /// The directory too where processes may be left after init: those of another container, which is at
  /// the same path by then, must not be taken for them.
  func note(in record: inout ContainerRecord) throws(RuntimeError) {
    record.cgroup = group.location.path
    guard record.sharesPidNamespace else { return }
    record.cgroupInode = try withCgroups { () throws(CgroupError) in try group.inode() }
  }

  /// The path of the control group that init is in.
  var path: String {
    switch leaf {
    case nil: group.location.path
    case let leaf?: leaf.location.path
    }
  }

  /// The directory that init is to be born in; nil where it can't be.
  var directory: CInt? {
    guard takesBirths else { return nil }
    return switch leaf {
    case nil: group.directory.raw
    case let leaf?: leaf.directory.raw
    }
  }

  /// The numbers of all descriptors, which are not for init.
  var descriptors: [CInt] {
    var list = [group.directory.raw]
    switch leaf {
    case nil: break
    case let leaf?: list.append(leaf.directory.raw)
    }
    switch placeholder {
    case nil: break
    case let placeholder?: list.append(placeholder.raw)
    }
    return list
  }

  /// Ends what was there for the birth alone, once init is there.
  mutating func settle() throws(RuntimeError) {
    _ = placeholder.take()
    guard hasLeaf else { return }
    // Not any sooner: the placeholder was in the group itself.
    try withCgroups { () throws(CgroupError) in try group.handDownControllers() }
  }

  private var hasLeaf: Bool {
    switch leaf {
    case nil: false
    case _?: true
    }
  }
}

/// Makes the control group that a container is born in.
///
/// - Returns: nil where there is none: because the caller wants none, or none is to be had and
///   nothing is lost by that, after a warning.
func makeControlGroup(
  at place: CgroupPlace,
  for plan: ContainerPlan,
  _ record: ContainerRecord,
  on host: borrowing Host,
) throws(RuntimeError) -> Birthplace? {
  switch place {
  case .directory(let location): return try makeDirectory(at: location, for: plan, on: host)
  case .unit(let unit, let address):
    return try makeUnit(unit, at: address, for: plan, record, on: host)
  case .creators:
    try warn(without: .disabled, plan, on: host)
    return nil
  }
}

private func makeDirectory(
  at location: CgroupLocation,
  for plan: ContainerPlan,
  on host: borrowing Host,
) throws(RuntimeError) -> Birthplace? {
  let request = try plan.controlGroupRequest(at: location, on: host)
  do throws(CgroupError) {
    let hierarchy = try CgroupHierarchy(host.processes)
    let group = try ControlGroup.create(request, in: hierarchy, host.processes)
    if let root = plan.delegatee { try group.delegate(toUser: root) }
    return Birthplace(group: group, leaf: nil, placeholder: nil, takesBirths: true)
  } catch {
    try warn(without: error, plan, on: host)
    return nil
  }
}

private func warn(
  without cause: CgroupError,
  _ plan: ContainerPlan,
  on host: borrowing Host,
) throws(RuntimeError) {
  let isInUserNamespace = try plan.isInUserNamespace(on: host)
  let warning = try withCgroups { () throws(CgroupError) in
    try checkNothingIsLost(
      without: cause,
      plan.cgroup.resources,
      isInUserNamespace: isInUserNamespace
    )
  }
  if let warning { host.warn(warning) }
}

extension ContainerPlan {
  func controlGroupRequest(
    at location: CgroupLocation,
    on host: borrowing Host,
  ) throws(RuntimeError) -> ControlGroupRequest {
    ControlGroupRequest(
      location: location,
      resources: cgroup.resources,
      isInUserNamespace: try isInUserNamespace(on: host)
    )
  }

  /// Whether the container is in a user namespace, its own or the one that swrun itself is in.
  func isInUserNamespace(on host: borrowing Host) throws(RuntimeError) -> Bool {
    if namespaces.source(of: .user) != nil { return true }
    return try host.isInUserNamespace()
  }

  /// The user of the host that is root in the container, where the control group is to be root's
  /// own; nil where it is not, and where root is nobody.
  var delegatee: UInt32? {
    guard namespaces.source(of: .user) == .new, namespaces.source(of: .cgroup) == .new else {
      return nil
    }
    return namespaces.uidMappings.first { $0.containerID == 0 }?.hostID
  }
}
