import Cgroups
import Kernel
import RuntimeSpec
import State

/// Opens the control group of a container; nil when it has none (any more), or another directory is at
/// its place.
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
    case let group?:
      if let inode = record.cgroupInode, try group.inode() != inode { return nil }
      return try body(group, hierarchy)
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
  guard try ownsProcesses(record, on: host) else { return false }
  let reached = try withControlGroup(of: record, on: host) { (group, _) throws(CgroupError) in
    guard try !group.processes().isEmpty else { return false }
    // A pid namespace of its own ends with init, whoever is in it.
    if record.sharesPidNamespace { try group.killEach() } else { try group.kill() }
    return true
  }
  // Its first thread may have ended, and who may write in cgroups may have brought it elsewhere.
  let isInitReached = try signalInit(of: record, 9, on: host)
  return isInitReached || reached == true
}

/// Whether the processes in the control group of a container, if there are any, are the container's.
///
/// Once init has ended they are somebody else's, whatever the place is called: the kernel has ended
/// all of a pid namespace with it (pid_namespaces(7)). Where that is shared, others may have outlived
/// it; unless another container has the place now.
func ownsProcesses(
  _ record: ContainerRecord,
  on host: borrowing Host,
) throws(RuntimeError) -> Bool {
  guard record.initProcess != nil else { return false }
  if try openInit(record, on: host) != nil { return true }
  guard record.sharesPidNamespace else { return false }
  let isInUse = try withControlGroup(of: record, on: host) { (group, _) throws(CgroupError) in
    try group.isPopulated()
  }
  guard isInUse == true else { return false }
  return try !hasHeir(record, on: host)
}

/// Whether the control group of a container that has ended is another container's by now, or has
/// another's below it.
///
/// Looked for only where somebody is in the group of a container that has ended, which is seldom. It
/// finds containers of the same root directory alone; those of another one are found by the inode of the
/// directory, if they have made it anew.
private func hasHeir(
  _ record: ContainerRecord,
  on host: borrowing Host,
) throws(RuntimeError) -> Bool {
  guard let path = record.cgroup else { return false }
  for id in try withState({ () throws(StateError) in try host.root.containers() })
  where id != record.id {
    do throws(RuntimeError) {
      let other = try observe(id, on: host)
      guard let place = other.record.cgroup,
        (place + "/").utf8.starts(with: (path + "/").utf8)
      else { continue }
      // One that was made later found nobody in the group, so whoever is there now is not ours.
      if other.status != .stopped || other.record.created > record.created { return true }
    } catch .state(.doesNotExist) {
      // It is being deleted, or has no place yet.
    } catch {
      host.debug("container \(id): its state can't be read, so the cgroup \(path) may be its own")
      return true
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
  return try about("signal \(signal)") { () throws(KernelError) in
    do throws(KernelError) {
      try Process.signal(process, signal)
      return true
    } catch  where error.code == .noProcess {
      // It has just ended, and its parent was quick.
      return false
    }
  }
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
  let isInUse = try withControlGroup(of: record, on: host) { (group, _) throws(CgroupError) in
    try group.isPopulated()
  }
  if isInUse == true, try hasHeir(record, on: host) {
    return host.debug("cgroup \(record.cgroup ?? ""): left to the container that has it now")
  }
  // What systemd leaves is a directory below its own that somebody has made there.
  guard try !removeWithBelow(record, withinMilliseconds: 1000, on: host) else { return }
  // A creator that was killed before it recorded init leaves an init that ends by itself. Who is
  // still there after that was there before: the place is not ours.
  guard record.initProcess != nil else { return }
  guard try killProcesses(of: record, on: host) else {
    return try warnOfStrangers(in: record, on: host)
  }
  guard try removeWithBelow(record, withinMilliseconds: patience, on: host) else {
    throw .cgroup(.timedOut(record.cgroup ?? "", waitingFor: "its processes to end"))
  }
}

/// Removes a container's control group, and what is below it.
///
/// - Returns: false when processes are left.
private func removeWithBelow(
  _ record: ContainerRecord,
  withinMilliseconds limit: Int64,
  on host: borrowing Host,
) throws(RuntimeError) -> Bool {
  let isGone = try withControlGroup(of: record, on: host) {
    (group, hierarchy) throws(CgroupError) in
    do throws(CgroupError) {
      try group.remove(from: hierarchy, withinMilliseconds: limit)
      return true
    } catch .timedOut {
      return false
    }
  }
  return isGone ?? true
}

/// Says whom a control group is left to that can't be removed: no process of the container is there.
private func warnOfStrangers(
  in record: ContainerRecord,
  on host: borrowing Host,
) throws(RuntimeError) {
  let mostNamed = 8
  let strangers = try withControlGroup(of: record, on: host) { (group, _) throws(CgroupError) in
    try group.processes().sorted().prefix(mostNamed)
  }
  guard let strangers, !strangers.isEmpty else { return }
  let list = strangers.map { "\($0)" }.joined(separator: ", ")
  host.warn(
    "cgroup \(record.cgroup ?? "") is left: process \(list) is in it, and not the container's"
  )
}
