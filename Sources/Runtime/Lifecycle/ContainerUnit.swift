import Cgroups
import DBus
import Kernel
import RuntimeSpec
import State
import Systemd

// A container in systemd's hands. A scope is made of processes that are there, but no process is
// moved but one that does nothing: a placeholder makes the scope, init is born into the scope's
// control group with all limits in force, and the placeholder goes. Whatever ends the creator ends the
// placeholder with it, and systemd collects a scope that nobody is in.

/// Annotation for a control group below the unit's own, as crun has it: a container that has a
/// systemd of its own, or anything else that makes control groups, is then in a place that the
/// systemd outside does not write to.

/// Annotations by which a configuration reaches beyond its container, or what they begin with.
///
/// Spec: features.md, "Unsafe annotations in `config.json`".
let unitAnnotations = [propertyAnnotationPrefix, subgroupAnnotation]

/// Has systemd make a container's unit, with its limits, and finds the control group of it.
func makeUnit(
  _ unit: Unit,
  at address: BusAddress,
  for plan: ContainerPlan,
  _ record: ContainerRecord,
  on host: borrowing Host,
) throws(RuntimeError) -> Birthplace {
  let request = UnitRequest(
    unit: unit,
    description: record.unit?.description ?? "",
    settings: try withCgroups { () throws(CgroupError) in
      try limitFiles(for: plan.cgroup.resources)
    },
    deviceRules: effectiveDeviceRules(plan.cgroup.resources.devices),
    annotations: plan.annotations
  )
  // A slice stands without processes.
  var placeholder: Placeholder? =
    unit.isSlice
    ? nil : try about("unit \(unit.name)") { () throws(KernelError) in try Placeholder() }
  let pid = placeholder.pid
  var manager = try withSystemd { () throws(SystemdError) in
    try ServiceManager.connect(to: address)
  }
  do throws(RuntimeError) {
    for name in try withSystemd({ () throws(SystemdError) in
      try manager.start(request, pid: pid)
    }) {
      host.debug("unit \(unit.name): systemd refuses the property \(name)")
    }
    let path: String
    if let pid {
      // Faster than to ask systemd, and seen as this process sees the hierarchy.
      path = try withCgroups { () throws(CgroupError) in
        try CgroupHierarchy.path(of: "\(pid)", host.processes)
      }
    } else {
      path = try withSystemd { () throws(SystemdError) in try manager.controlGroup(of: unit) } ?? ""
    }
    guard path.hasSuffix("/\(unit.name)") else {
      throw .refused("systemd unit \(unit.name): it is up, but its cgroup is not there (\(path))")
    }
    host.debug("unit \(unit.name): up, in the cgroup \(path)")
    return try birthplace(at: path, request, placeholder.take(), plan, on: host)
  } catch {
    _ = placeholder.take()
    discard(request, at: address, on: host)
    throw error
  }
}

/// Stops what has been made of a unit; one of the same name that is not the container's is left alone.
///
/// It may be there although its start has failed: when that was too slow, or interrupted. A scope
/// goes with its placeholder, which has been ended, but a slice and a job would stay.
private func discard(_ request: UnitRequest, at address: BusAddress, on host: borrowing Host) {
  do throws(SystemdError) {
    // Anew, with the time that this takes: that of the connection before may be what is over.
    var manager = try ServiceManager.connect(to: address)
    let owner = try manager.owner(of: request.unit, description: request.description)
    if owner == .container { try manager.stop(request.unit) }
  } catch {
    host.warn("can't clean up after the failure: \(error)")
  }
}

extension Placeholder? {
  fileprivate var pid: Int32? {
    switch self {
    case nil: nil
    case let placeholder?: placeholder.pid
    }
  }
}

private func birthplace(
  at path: String,
  _ request: UnitRequest,
  _ placeholder: consuming Placeholder?,
  _ plan: ContainerPlan,
  on host: borrowing Host,
) throws(RuntimeError) -> Birthplace {
  let location = try withCgroups { () throws(CgroupError) in try CgroupLocation(path: path) }
  let wanted = try plan.controlGroupRequest(at: location, on: host)
  let group = try withCgroups { () throws(CgroupError) in
    try ControlGroup.adopt(wanted, in: try CgroupHierarchy(host.processes), host.processes)
  }
  guard let name = plan.subgroup else {
    if let root = plan.delegatee {
      try withCgroups { () throws(CgroupError) in try group.delegate(toUser: root) }
    }
    let takesBirths = try takesBirths(group.directory, request)
    return Birthplace(
      group: group,
      leaf: nil,
      placeholder: placeholder,
      takesBirths: takesBirths
    )
  }
  let leaf = try withCgroups { () throws(CgroupError) in try group.makeLeaf(name) }
  if let root = plan.delegatee {
    try withCgroups { () throws(CgroupError) in try leaf.delegate(toUser: root) }
  }
  let takesBirths = try takesBirths(leaf.directory, request)
  return Birthplace(
    group: group,
    leaf: leaf,
    placeholder: placeholder,
    takesBirths: takesBirths
  )
}

/// Whether init can be born in a control group of systemd's.
///
/// A user may not move processes out of a session into what the user's own systemd keeps; and where
/// hardly any processes are allowed, the placeholder is already one.
private func takesBirths(
  _ directory: borrowing OwnedDescriptor,
  _ request: UnitRequest,
) throws(RuntimeError) -> Bool {
  let limit = request.settings.last { $0.file == "pids.max" }.flatMap { Int($0.value) }
  // Init, and the intermediate that some namespaces take.
  if let limit, limit <= 2 { return false }
  guard request.unit.isOfUser else { return true }
  return try about("unit \(request.unit.name)") { () throws(KernelError) in
    try canBeBorn(in: directory)
  }
}

extension ContainerPlan {
  /// The name of the control group below the unit's own; nil for none.
  var subgroup: String? {
    let name = annotations.last { $0.key == subgroupAnnotation }?.value
    return name.flatMap { $0.isEmpty ? nil : $0 }
  }
}

/// Has systemd move init into its unit, before it does anything.
func attachToUnit(
  _ pid: Int32,
  _ recorded: RecordedUnit,
  subgroup: String?,
) throws(RuntimeError) {
  var manager = try serviceManager(of: recorded)
  try withSystemd { () throws(SystemdError) in
    try manager.attach(
      pid,
      to: Unit(recorded: recorded.name),
      subgroup: subgroup.map { "/\($0)" } ?? ""
    )
  }
}

/// Tells systemd the new limits of a container that it keeps: beside the files, not in their place.
///
/// Without that it would set the old ones again with the next change of its own.
func updateUnit(
  of record: ContainerRecord,
  settings: [UnifiedSetting],
  devices: [DeviceRule]?,
  on host: borrowing Host,
) throws(RuntimeError) {
  guard record.cgroupManager == .systemd, let recorded = record.unit else { return }
  var manager = try serviceManager(of: recorded)
  let refused = try withSystemd { () throws(SystemdError) in
    try manager.setProperties(
      of: Unit(recorded: recorded.name),
      settings: settings,
      deviceRules: devices.map { effectiveDeviceRules($0) }
    )
  }
  for name in refused {
    host.debug("unit \(recorded.name): systemd refuses the property \(name)")
  }
}

/// Stops a container's unit, if there is one that is the container's.
///
/// - Returns: whether what is left at the container's place is the container's.
func removeUnit(
  of record: ContainerRecord,
  on host: borrowing Host,
) throws(RuntimeError) -> Bool {
  guard let recorded = record.unit else { return true }
  let unit = Unit(recorded: recorded.name)
  do throws(RuntimeError) {
    var manager = try serviceManager(of: recorded)
    let owner = try withSystemd { () throws(SystemdError) in
      try manager.owner(of: unit, description: recorded.description)
    }
    guard owner == .container else { return owner == .nobody }
    // Whoever has been brought in from outside would get a minute and a half to end in peace.
    _ = try withControlGroup(of: record, on: host) { (group, _) throws(CgroupError) in
      if try group.isPopulated() { try group.kill() }
    }
    try withSystemd { () throws(SystemdError) in try manager.stop(unit) }
    return true
  } catch {
    // systemd collects a scope when it sees that nobody is in the control group any more. It would
    // not see that in one which is gone: the directory is left to it.
    let isThere = try withControlGroup(of: record, on: host) { (_, _) throws(CgroupError) in true }
    if isThere == true {
      host.warn("unit \(unit.name) is left to systemd: \(error)")
    } else {
      host.debug("\(error)")
    }
    return false
  }
}

private func serviceManager(of recorded: RecordedUnit) throws(RuntimeError) -> ServiceManager {
  try withSystemd { () throws(SystemdError) in
    let address: BusAddress
    do throws(BusError) { address = try BusAddress(recorded.bus) } catch { throw .bus(error) }
    return try ServiceManager.connect(to: address)
  }
}
