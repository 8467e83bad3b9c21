import Cgroups
import Kernel
import RuntimeSpec
import State

/// Opens the control group of a container; nil when it has none (any more).
///
/// Before init is recorded the record names a place that may yet turn out to be somebody else's:
/// until then nothing but an empty one is the container's.
func withControlGroup<Value>(
  of record: ContainerRecord,
  on host: borrowing Host,
  _ body: (borrowing ControlGroup, borrowing CgroupHierarchy) throws(CgroupError) -> Value,
) throws(RuntimeError) -> Value? {
  guard let path = record.cgroup else { return nil }
  return try withCgroups { () throws(CgroupError) in
    let hierarchy = try CgroupHierarchy(host.processes)
    let location = try CgroupLocation(path: path)
    switch try ControlGroup.existing(at: location, in: hierarchy) {
    case nil: return nil
    case let group?: return try body(group, hierarchy)
    }
  }
}

/// Whether the freezer has stopped a container.
func isFrozen(
  _ record: ContainerRecord,
  on host: borrowing Host,
) throws(RuntimeError) -> Bool {
  try withControlGroup(of: record, on: host) { (group, _) throws(CgroupError) in
    try group.isFrozen()
  } ?? false
}

/// Kills every process of a container, without waiting for their end.
///
/// - Returns: whether there was any.
func killProcesses(
  of record: ContainerRecord,
  on host: borrowing Host,
) throws(RuntimeError) -> Bool {
  guard record.initProcess != nil, try !hasLostControlGroup(record, on: host) else { return false }
  let reached = try withControlGroup(of: record, on: host) { (group, _) throws(CgroupError) in
    let isInUse = try !group.processes().isEmpty
    if isInUse { try group.kill() }
    return isInUse
  }
  guard let reached else { return try signalInit(of: record, 9, on: host) }
  return reached
}

/// Whether the control group of a container that has ended is another container's by now: one with the
/// same `linux.cgroupsPath`, made when nobody was in it.
///
/// Looked for only where somebody is in the group of a container that has ended, which is seldom.
func hasLostControlGroup(
  _ record: ContainerRecord,
  on host: borrowing Host,
) throws(RuntimeError) -> Bool {
  guard record.cgroup != nil, try openInit(record, on: host) == nil else { return false }
  let isInUse = try withControlGroup(of: record, on: host) { (group, _) throws(CgroupError) in
    try group.isPopulated()
  }
  guard isInUse == true else { return false }
  for id in try withState({ () throws(StateError) in try host.root.containers() })
  where id != record.id {
    do throws(RuntimeError) {
      let other = try observe(id, on: host)
      // One that has no init yet may still find that the place is taken.
      guard other.record.cgroup == record.cgroup, other.record.initProcess != nil,
        other.status != .stopped
      else { continue }
      return true
    } catch {
      // It is being deleted, or its state can't be read: it says nothing.
    }
  }
  return false
}

/// Sends a signal to init alone: without a control group it is all that is known.
///
/// - Returns: whether it has not ended.
func signalInit(
  of record: ContainerRecord,
  _ signal: Int32,
  on host: borrowing Host,
) throws(RuntimeError) -> Bool {
  guard let process = try openInit(record, on: host) else { return false }
  try about("signal \(signal)") { () throws(KernelError) in
    try Process.signal(process, signal)
  }
  return true
}

/// Kills all of a container's processes, and waits until they have ended.
func killEverything(
  of record: ContainerRecord,
  on host: borrowing Host,
) throws(RuntimeError) {
  guard record.initProcess != nil else { return }
  let opened = try openInit(record, on: host)
  // The kernel has ended a pid namespace of its own with its init: pid_namespaces(7).
  guard opened != nil || record.sharesPidNamespace else { return }
  _ = try killProcesses(of: record, on: host)
  guard let opened else { return }
  let hasEnded = try about("init of container \(record.id)") { () throws(KernelError) in
    do throws(KernelError) {
      try Process.signal(opened, 9)
    } catch  where error.code == .noProcess {
      // The control group's kill was faster.
    }
    return try opened.wait(for: .readable, milliseconds: Int32(patience))
  }
  guard hasEnded else {
    throw .refused(
      "init of container \(record.id) has been killed but does not end: "
        + "it waits in the kernel, as for a device or a network file system; delete it again later"
    )
  }
}

/// Removes a container's control group once it is empty, by way of its manager.
func removeControlGroup(
  of record: ContainerRecord,
  on host: borrowing Host,
) throws(RuntimeError) {
  switch record.cgroupManager {
  case .directory: break
  case .systemd: guard try removeUnit(of: record, on: host) else { return }
  case .disabled: return
  }
  let isGone = try withControlGroup(of: record, on: host) {
    (group, hierarchy) throws(CgroupError) in
    try group.removeIfUnused(from: hierarchy)
  }
  guard isGone == false else { return }
  guard try !hasLostControlGroup(record, on: host) else {
    return host.debug("cgroup \(record.cgroup ?? ""): left to the container that has it now")
  }
  // What systemd leaves is a directory below its own that somebody has made there.
  _ = try withControlGroup(of: record, on: host) { (group, hierarchy) throws(CgroupError) in
    // A creator that was killed before it recorded init leaves an init that ends by itself. Who is
    // still there after that was there before: the place is not ours.
    let isOurs = record.initProcess != nil
    do throws(CgroupError) {
      try group.remove(from: hierarchy, withinMilliseconds: 1000)
    } catch .timedOut {
      guard isOurs else { return }
      // Somebody has brought a process in from outside of the container's pid namespace.
      try group.kill()
      try group.remove(from: hierarchy, withinMilliseconds: patience)
    }
  }
}
