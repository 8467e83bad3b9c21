package import Kernel
package import RuntimeSpec

/// What a control group is made with.
package struct ControlGroupRequest: Sendable {
  package var location: CgroupLocation
  package var resources: Resources
  /// Whether the container is in a user namespace, the creator's own included: device rules can't
  /// be loaded there, and no device node can be made there either.
  package var isInUserNamespace: Bool

  package init(location: CgroupLocation, resources: Resources, isInUserNamespace: Bool) {
    self.location = location
    self.resources = resources
    self.isInUserNamespace = isInUserNamespace
  }
}

extension ControlGroup {
  /// Makes the control group with all its limits, before any process is in it.
  ///
  /// Nothing is read that isn't needed: without limits this is mkdir, open, and the load of the
  /// device program. No process is ever moved. What was made is removed again on failure.
  ///
  /// - Throws: `populated` for a place with processes; `missingController` with the reason;
  ///   `notPermitted` where the creator may not make one.
  package static func create(
    _ request: ControlGroupRequest,
    in hierarchy: borrowing CgroupHierarchy,
    _ processes: borrowing ProcessFiles,
  ) throws(CgroupError) -> ControlGroup {
    let settings = try limitSettings(for: request.resources)
    let wanted = settings.filter { !$0.isInitial }
    let group = try makeDirectories(request.location, enabling: wanted, in: hierarchy, processes)
    do throws(CgroupError) {
      try group.write(group.isReused ? settings : wanted)
      try group.restrictDevices(
        request.resources.devices,
        isInUserNamespace: request.isInUserNamespace,
        replacing: .all,
      )
    } catch {
      try group.undo(after: error, in: hierarchy)
    }
    return group
  }

  private func undo(
    after cause: CgroupError,
    in hierarchy: borrowing CgroupHierarchy,
  ) throws(CgroupError) {
    if !isReused {
      do throws(CgroupError) {
        try remove(from: hierarchy, withinMilliseconds: 0)
      } catch {
        // Nobody is in it yet, so this can't be; and what went wrong first is the better news.
        throw cause
      }
    }
    throw cause
  }

  private static func makeDirectories(
    _ location: CgroupLocation,
    enabling settings: [LimitSetting],
    in hierarchy: borrowing CgroupHierarchy,
    _ processes: borrowing ProcessFiles,
  ) throws(CgroupError) -> ControlGroup {
    let count = location.components.count
    let path = location.relativePath(through: count)
    var foreignCount = count - 1
    if settings.contains(where: { $0.controller != nil }) {
      foreignCount = try makeParents(location, enabling: settings, in: hierarchy, processes)
    }
    var isReused = false
    do throws(KernelError) {
      do throws(KernelError) {
        try Directory.make(at: hierarchy.root, path, mode: 0o755)
      } catch  where error.code == .noEntry {
        foreignCount = try makeParents(location, in: hierarchy.root)
        try Directory.make(at: hierarchy.root, path, mode: 0o755)
      }
    } catch  where error.code == .exists {
      isReused = true
    } catch {
      throw error.isRefusal ? .notPermitted(error) : .kernel(error)
    }
    let directory = try wrapping { () throws(KernelError) in
      try openGroup(path, in: hierarchy.root)
    }
    let group = ControlGroup(
      location: location,
      directory: directory,
      foreignCount: foreignCount,
      isReused: isReused,
    )
    if isReused, try !group.processes().isEmpty { throw .populated(location.path) }
    // Nothing that is born in it would ever run: here or above.
    if try group.isFrozen() { throw .frozen(location.path) }
    return group
  }

  /// Makes the directories above a location.
  ///
  /// - Returns: how many were there already.
  private static func makeParents(
    _ location: CgroupLocation,
    in root: borrowing OwnedDescriptor,
  ) throws(KernelError) -> Int {
    var existing = 0
    for depth in 1..<max(location.components.count, 1) {
      do throws(KernelError) {
        try Directory.make(at: root, location.relativePath(through: depth), mode: 0o755)
      } catch  where error.code == .exists {
        existing = depth
      }
    }
    return existing
  }

  /// Makes the directories above a location, and has each hand its controllers down.
  private static func makeParents(
    _ location: CgroupLocation,
    enabling settings: [LimitSetting],
    in hierarchy: borrowing CgroupHierarchy,
    _ processes: borrowing ProcessFiles,
  ) throws(CgroupError) -> Int {
    let existing: Int
    do throws(KernelError) {
      existing = try makeParents(location, in: hierarchy.root)
    } catch {
      throw error.isRefusal ? .notPermitted(error) : .kernel(error)
    }
    do throws(CgroupError) {
      try enableControllers(for: settings, above: location, in: hierarchy, processes)
    } catch {
      try removeParents(location, above: existing, from: hierarchy)
      throw error
    }
    return existing
  }

  /// Has each directory above a location hand down the controllers that some settings need.
  static func enableControllers(
    for settings: [LimitSetting],
    above location: CgroupLocation,
    in hierarchy: borrowing CgroupHierarchy,
    _ processes: borrowing ProcessFiles,
  ) throws(CgroupError) {
    let names = Set(settings.compactMap(\.controller)).sorted()
    let text = names.map { "+\($0)" }.joined(separator: " ")
    for depth in 0..<location.components.count {
      let parent = location.relativePath(through: depth)
      do throws(KernelError) {
        // Written without a look at what is on already: that is no change, and the kernel says so
        // faster than a read would.
        let directory = try openGroup(parent.isEmpty ? "." : parent, in: hierarchy.root)
        try Cgroups.write(text, to: "cgroup.subtree_control", of: directory)
      } catch {
        throw try enablingFailure(error, settings, at: "/\(parent)", in: hierarchy, processes)
      }
    }
  }

  private static func enablingFailure(
    _ error: KernelError,
    _ settings: [LimitSetting],
    at parent: String,
    in hierarchy: borrowing CgroupHierarchy,
    _ processes: borrowing ProcessFiles,
  ) throws(CgroupError) -> CgroupError {
    let diagnosis = try ControllerDiagnosis(of: hierarchy, at: parent, processes)
    let absent = settings.first {
      $0.controller.map { !diagnosis.offered.contains($0) } ?? false
    }
    let blamed = absent ?? settings.first { $0.controller != nil }
    guard let blamed, let controller = blamed.controller else { return .kernel(error) }
    let reason =
      switch error.code {
      case .busy: "the cgroup \(parent) has processes of its own: choose a path below another one"
      case .notSupported:
        "the cgroup \(parent) is threaded, or below one that is: choose a path below another one"
      case .noEntry: diagnosis.reason(for: controller, at: parent)
      default: absent == nil ? "\(error)" : diagnosis.reason(for: controller, at: parent)
      }
    return .missingController(controller, file: blamed.file, reason: reason)
  }
}

extension KernelError {
  /// Whether the creator lacks the rights, or sees the hierarchy read-only.
  fileprivate var isRefusal: Bool {
    [.permission, .accessDenied, .readOnly].contains(code)
  }
}

/// Whether a container can go without a control group, and what to warn of then; nil for nothing.
///
/// Who wants none, as podman's `--cgroups=disabled`, sends device rules all the same, and is told that
/// they are not in force: other runtimes pass over them.
///
/// - Throws: `limitsWithoutCgroup` with the names of all that could not be enforced.
package func checkNothingIsLost(
  without cause: CgroupError,
  _ resources: Resources,
  isInUserNamespace: Bool,
) throws(CgroupError) -> String? {
  guard cause.allowsGoingWithout else { throw cause }
  var lost = try limitSettings(for: resources).filter { !$0.isInitial }.map(\.file)
  let isWanted = if case .disabled = cause { true } else { false }
  // In a user namespace no device node can be made, with or without rules.
  let losesRules = !isInUserNamespace && !effectiveDeviceRules(resources.devices).isEmpty
  if losesRules, !isWanted { lost.append("devices") }
  guard lost.isEmpty else { throw .limitsWithoutCgroup(lost, reason: "\(cause)") }
  guard isWanted else { return "running without a cgroup: \(cause)" }
  return losesRules ? "device rules are not in force without a cgroup: \(cause)" : nil
}
