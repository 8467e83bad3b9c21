import Cgroups
import Kernel
package import RuntimeSpec
package import State

/// Changes the limits of a container that has not ended: all that is asked for, or nothing.
///
/// What brings the old values back is recorded before the first is changed, and the new ones with
/// one write after the last: whenever an update is killed, the next one starts by undoing it.
package func update(
  _ id: ContainerID,
  _ request: UpdateRequest,
  on host: borrowing Host,
) throws(RuntimeError) {
  let directory = try lockedContainer(id, on: host)
  var record = try recordToUpdate(directory, on: host)
  let resources = request.resources(for: record)
  for name in resources.propertiesWithoutController {
    host.warn("\(name) is ignored: cgroup v2 has nothing like it")
  }
  try withCgroup(of: record, on: host) { (group, hierarchy) throws(RuntimeError) in
    try undoInterrupted(&record, directory, group, on: host)
    let prepared = try withCgroups { () throws(CgroupError) in
      try group.prepare(resources, to: record.resources, in: hierarchy, host.processes)
    }
    if prepared.isEmpty { return }
    var update = PendingUpdate(old: record, prepared: prepared)
    try update.perform(group, directory, on: host)
  }
}

/// What an update is asked for.
package struct UpdateRequest: Sendable {
  package var resources: Resources
  /// Whether a process limit of 0 may be a Go program's word for "not set".
  package var isDocument: Bool

  package init(resources: Resources, isDocument: Bool) {
    self.resources = resources
    self.isDocument = isDocument
  }

  fileprivate func resources(for record: ContainerRecord) -> Resources {
    var resources = resources
    if isDocument { resources.dropZeroPidsLimit(ociVersion: record.ociVersion) }
    return resources
  }
}

private func recordToUpdate(
  _ directory: borrowing ContainerDirectory,
  on host: borrowing Host,
) throws(RuntimeError) -> ContainerRecord {
  let record = try withState { () throws(StateError) in try directory.readRecord() }
  let status = try withState { () throws(StateError) in
    try directory.status(of: record, host.processes)
  }
  guard let record, [.created, .running].contains(status) else {
    throw .notRunning("container not running")
  }
  return record
}

private func withCgroup(
  of record: ContainerRecord,
  on host: borrowing Host,
  _ body: (borrowing ControlGroup, borrowing CgroupHierarchy) throws(RuntimeError) -> Void,
) throws(RuntimeError) {
  guard let path = record.cgroup else {
    throw .refused("container \(record.id) has no cgroup, and so no limits to change")
  }
  let hierarchy = try withCgroups { () throws(CgroupError) in
    try CgroupHierarchy(host.processes)
  }
  let group = try withCgroups { () throws(CgroupError) in
    try ControlGroup.existing(at: try CgroupLocation(path: path), in: hierarchy)
  }
  switch group {
  case nil: throw .refused("container not running: its cgroup \(path) is gone")
  case let group?: try body(group, hierarchy)
  }
}

/// Takes back the half of an update that somebody has killed.
///
/// What can't be taken back is a warning: the next values may well be what mends it.
private func undoInterrupted(
  _ record: inout ContainerRecord,
  _ directory: borrowing ContainerDirectory,
  _ group: borrowing ControlGroup,
  on host: borrowing Host,
) throws(RuntimeError) {
  guard let undo = record.undo else { return }
  do throws(RuntimeError) {
    try takeBack(undo, record, group, on: host)
  } catch {
    host.warn("an update of container \(record.id) was interrupted, can't be undone: \(error)")
  }
  record.undo = nil
  let settled = record
  try withState { () throws(StateError) in try directory.write(settled) }
}

/// An update between the record of the old values and that of the new ones.
private struct PendingUpdate {
  var old: ContainerRecord
  let prepared: PreparedUpdate

  /// Makes the update, or leaves everything as it was.
  mutating func perform(
    _ group: borrowing ControlGroup,
    _ directory: borrowing ContainerDirectory,
    on host: borrowing Host,
  ) throws(RuntimeError) {
    var intent = old
    intent.undo = prepared.undo
    try write(intent, to: directory)
    do throws(RuntimeError) {
      try enforce(prepared, old, group, on: host)
      var new = old
      new.resources = prepared.result
      try write(new, to: directory)
    } catch {
      try takeBack(after: error, group, directory, on: host)
    }
  }

  /// - Throws: always; `cause` where that is all that went wrong.
  private func takeBack(
    after cause: RuntimeError,
    _ group: borrowing ControlGroup,
    _ directory: borrowing ContainerDirectory,
    on host: borrowing Host,
  ) throws(RuntimeError) {
    do throws(RuntimeError) {
      try Lifecycle.takeBack(prepared.undo, old, group, on: host)
    } catch {
      // The intent stays recorded: the next update tries once more.
      throw .refused("\(cause); and the old values could not be brought back: \(error)")
    }
    try write(old, to: directory)
    throw cause
  }

  private func write(
    _ record: ContainerRecord,
    to directory: borrowing ContainerDirectory,
  ) throws(RuntimeError) {
    try withState { () throws(StateError) in try directory.write(record) }
  }
}

/// Puts new limits in force, and tells systemd about them where it keeps the container.
///
/// systemd first: what it sets is rounded, and what is in the files is to be exact.
private func enforce(
  _ update: PreparedUpdate,
  _ record: ContainerRecord,
  _ group: borrowing ControlGroup,
  on host: borrowing Host,
) throws(RuntimeError) {
  try updateUnit(of: record, settings: update.files, devices: update.devices, on: host)
  try withCgroups { () throws(CgroupError) in
    try group.perform(update, isInUserNamespace: record.isInUserNamespace)
  }
}

/// Puts the limits of a record in force again.
private func takeBack(
  _ undo: [UnifiedSetting],
  _ record: ContainerRecord,
  _ group: borrowing ControlGroup,
  on host: borrowing Host,
) throws(RuntimeError) {
  let devices = record.resources.devices
  let settings = try withCgroups { () throws(CgroupError) in
    try managerSettings(undoing: undo, to: record.resources)
  }
  try updateUnit(of: record, settings: settings, devices: devices, on: host)
  try withCgroups { () throws(CgroupError) in
    try group.restore(undo)
    try group.restrictDevices(
      devices,
      isInUserNamespace: record.isInUserNamespace,
      replacing: .own
    )
  }
}
