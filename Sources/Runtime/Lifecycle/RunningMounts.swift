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
  let namespaces = try MountNamespaces(of: record, in: directory, on: host)
  let label = record.mountLabel
  let before = record.addedMounts
  try inChild("mounts", keeping: namespaces.numbers) { line throws(RuntimeError) in
    try becomeMounter()
    try attach(plans, label: label, in: namespaces, line)
  } hearing: { bytes throws(RuntimeError) in
    let known = record.addedMounts.count - before.count
    let added = zip(plans.dropFirst(known), mountIDs(in: bytes)).map { plan, id in
      AddedMount(destination: plan.destination, mountID: id, source: plan.bindSource)
    }
    record.addedMounts = added.isEmpty ? before : record.addedMounts + added
    try withState { () throws(StateError) in try directory.write(record) }
  }
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
  let namespaces = try MountNamespaces(of: record, in: directory, on: host)
  // The last that was mounted is the first to go: others may lie below it.
  for destination in destinations.reversed() {
    let place = record.addedMounts.lastIndex { $0.destination == destination }
    let id = place.map { record.addedMounts[$0].mountID }
    try inChild("mounts", keeping: namespaces.numbers) { line throws(RuntimeError) in
      try becomeMounter()
      try joinNamespaces(namespaces, parent: line.parent)
      try withRootfs { () throws(RootfsError) in
        let root = try ContainerRoot.ofJoinedNamespace()
        try root.removeMount(at: destination, id: id) { line.tell([]) }
      }
    } hearing: { _ throws(RuntimeError) in
      guard let place else { return }
      record.addedMounts.remove(at: place)
      try withState { () throws(StateError) in try directory.write(record) }
    }
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
  let isOwn = try about("mounts") { () throws(KernelError) in
    try namespaces.enterUser()
    // A change of user has undone it.
    try Process.endWithParent(parent)
    return try namespaces.isMountOwn()
  }
  guard isOwn else { throw .refused("mounts: \(NamespaceOwners.complaint)") }
  try about("mounts") { () throws(KernelError) in try namespaces.enterMount() }
}

/// Makes every mount, tells which they are, then attaches all of them; or takes them back, and tells
/// that there are none.
private func attach(
  _ plans: [MountPlan],
  label: String?,
  in namespaces: borrowing MountNamespaces,
  _ line: borrowing ChildLine,
) throws(RuntimeError) {
  // Root of the host makes what it is told to of the host's. But in its own file systems devices and
  // set-id files count, so a container with users of its own makes them as its own root, in its mount
  // namespace: fsopen(2) wants both.
  let isMadeOutside = plans.map { $0.isBind || !namespaces.hasUser }
  var made: [DetachedMount?] = []
  for (plan, isMadeOutside) in zip(plans, isMadeOutside) {
    made.append(
      isMadeOutside
        ? try withRootfs { () throws(RootfsError) in try DetachedMount(plan, label: label) } : nil
    )
  }
  try joinNamespaces(namespaces, parent: line.parent)
  try withRootfs { () throws(RootfsError) in
    let root = try ContainerRoot.ofJoinedNamespace()
    var mounts: [DetachedMount] = []
    for (plan, mount) in zip(plans, made) {
      if let mount {
        mounts.append(mount)
      } else {
        mounts.append(try DetachedMount(plan, label: label))
      }
    }
    try tell(of: mounts, line)
    var count = 0
    do throws(RootfsError) {
      for mount in mounts {
        try mount.attach(in: root)
        count += 1
      }
    } catch {
      for mount in mounts.prefix(count).reversed() { try mount.remove(from: root) }
      line.tell([])
      throw error
    }
  }
}

/// Tells the ids of mounts, eight bytes each: before they are attached, so that whoever has the lock of
/// the container next knows of them, whatever ends this.
private func tell(
  of mounts: [DetachedMount],
  _ line: borrowing ChildLine,
) throws(RootfsError) {
  let mostAtOnce = ChildLine.mostAtOnce / 8
  for start in stride(from: 0, to: mounts.count, by: mostAtOnce) {
    var bytes: [UInt8] = []
    for mount in mounts[start..<min(start + mostAtOnce, mounts.count)] {
      let id = try mount.id()
      bytes += (0..<8).map { UInt8(truncatingIfNeeded: id >> (8 * $0)) }
    }
    line.tell(bytes)
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
