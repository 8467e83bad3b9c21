import Kernel
import Rootfs
import RuntimeSpec
package import State

/// Mounts something in a running container: all of it, or nothing.
///
/// The document has the mounts as JSON.
///
/// See: swrun-mounts(8).
package func addMounts(
  _ id: ContainerID,
  _ document: [UInt8],
  on host: borrowing Host,
) throws(RuntimeError) {
  let directory = try lockedContainer(id, on: host)
  var record = try runningRecord(of: directory, on: host)
  let plans: [MountPlan]
  do throws(ConfigurationError) {
    plans = try MountPlan.added(parsing: document, bundle: record.bundle)
  } catch {
    throw .configuration(path: "mounts", error)
  }
  let namespaces = try MountNamespaces(of: record, on: host)
  let answer = try inChild("mounts", keeping: namespaces.numbers) { parent throws(RuntimeError) in
    try becomeMounter()
    return try attach(plans, in: namespaces, parent: parent)
  }
  record.addedMounts += zip(plans, mountIDs(in: answer)).map { plan, id in
    AddedMount(destination: plan.destination, mountID: id, source: plan.bindSource)
  }
  try withState { () throws(StateError) in try directory.write(record) }
}

/// Takes mounts of a running container away.
///
/// The document has the mounts as JSON, of which only the destinations count.
package func removeMounts(
  _ id: ContainerID,
  _ document: [UInt8],
  on host: borrowing Host,
) throws(RuntimeError) {
  let directory = try lockedContainer(id, on: host)
  var record = try runningRecord(of: directory, on: host)
  let destinations: [String]
  do throws(ConfigurationError) {
    destinations = try MountPlan.removed(parsing: document)
  } catch {
    throw .configuration(path: "mounts", error)
  }
  let namespaces = try MountNamespaces(of: record, on: host)
  // The last that was mounted is the first to go: others may lie below it.
  for destination in destinations.reversed() {
    let place = record.addedMounts.lastIndex { $0.destination == destination }
    let id = place.map { record.addedMounts[$0].mountID }
    _ = try inChild("mounts", keeping: namespaces.numbers) { parent throws(RuntimeError) in
      try becomeMounter()
      try joinNamespaces(namespaces, parent: parent)
      try withRootfs { () throws(RootfsError) in
        try ContainerRoot.ofJoinedNamespace().removeMount(at: destination, id: id)
      }
      return []
    }
    guard let place else { continue }
    record.addedMounts.remove(at: place)
    try withState { () throws(StateError) in try directory.write(record) }
  }
}

/// The record of a container that has its mounts, whether its program has been started or not.
private func runningRecord(
  of directory: borrowing ContainerDirectory,
  on host: borrowing Host,
) throws(RuntimeError) -> ContainerRecord {
  guard let seen = try observe(directory, on: host) else {
    throw .state(.doesNotExist(directory.id))
  }
  switch seen.status {
  case .created, .running, .paused: return seen.record
  case .creating, .stopped: throw .notRunning("container not running")
  }
}

/// Who is in a namespace of the container's must not be traced from inside (CVE-2016-9962).
private func becomeMounter() throws(RuntimeError) {
  try about("mounts") { () throws(KernelError) in
    try Process.setName("swrun:mounts")
    try Process.setDumpable(false)
  }
}

private func joinNamespaces(
  _ namespaces: borrowing MountNamespaces,
  parent: Int32,
) throws(RuntimeError) {
  try about("mounts") { () throws(KernelError) in
    try namespaces.enterUser()
    // A change of user has undone it.
    try Process.endWithParent(parent)
    try namespaces.enterMount()
  }
}

/// Makes every mount, then attaches all of them.
///
/// - Returns: their ids, eight bytes each.
private func attach(
  _ plans: [MountPlan],
  in namespaces: borrowing MountNamespaces,
  parent: Int32,
) throws(RuntimeError) -> [UInt8] {
  // Root of the host makes what it is told to of the host's. But in its own file systems devices and
  // set-id files count, so a container with users of its own makes them as its own root, in its mount
  // namespace: fsopen(2) wants both.
  let isMadeOutside = plans.map { $0.isBind || !namespaces.hasUser }
  var made: [Int: DetachedMount] = [:]
  for (index, plan) in plans.enumerated() where isMadeOutside[index] {
    made[index] = try withRootfs { () throws(RootfsError) in try DetachedMount(plan) }
  }
  try joinNamespaces(namespaces, parent: parent)
  return try withRootfs { () throws(RootfsError) in
    let root = try ContainerRoot.ofJoinedNamespace()
    for (index, plan) in plans.enumerated() where !isMadeOutside[index] {
      made[index] = try DetachedMount(plan)
    }
    var ids: [UInt64] = []
    do throws(RootfsError) {
      for index in plans.indices {
        guard let mount = made[index] else { continue }
        ids.append(try mount.attach(in: root))
      }
    } catch {
      for (plan, id) in zip(plans, ids).reversed() {
        try root.removeMount(at: plan.destination, id: id)
      }
      throw error
    }
    return ids.flatMap { id in (0..<8).map { UInt8(truncatingIfNeeded: id >> (8 * $0)) } }
  }
}

private func mountIDs(in bytes: [UInt8]) -> [UInt64] {
  stride(from: 0, to: bytes.count, by: 8).map { start in
    bytes[start..<min(start + 8, bytes.count)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}

extension MountPlan {
  fileprivate var isBind: Bool { bindSource != nil }
}
