package import Kernel
package import RuntimeSpec

extension ControlGroup {
  /// Takes on a control group that systemd has made, and puts the limits in force there.
  ///
  /// systemd has been told them too, but passes in silence over what it or the kernel does not have:
  /// each is written, and a refusal is an error. Controllers that systemd does not know of, as
  /// hugetlb, are enabled down the path; it lets them be.
  package static func adopt(
    _ request: ControlGroupRequest,
    in hierarchy: borrowing CgroupHierarchy,
    _ processes: borrowing ProcessFiles,
  ) throws(CgroupError) -> ControlGroup {
    let location = request.location
    let directory = try wrapping { () throws(KernelError) in
      try openGroup(location.relativePath(through: .max), in: hierarchy.root)
    }
    let group = ControlGroup(
      location: location,
      directory: directory,
      foreignCount: location.components.count - 1,
      isReused: false
    )
    let settings = try limitSettings(for: request.resources).filter { !$0.isInitial }
    try group.enableMissing(settings, in: hierarchy, processes)
    try group.write(settings)
    try group.restrictDevices(
      request.resources.devices,
      isInUserNamespace: request.isInUserNamespace,
      replacing: .own
    )
    return group
  }

  private func enableMissing(
    _ settings: [LimitSetting],
    in hierarchy: borrowing CgroupHierarchy,
    _ processes: borrowing ProcessFiles,
  ) throws(CgroupError) {
    guard settings.contains(where: { $0.controller != nil }) else { return }
    let present = try controllers()
    let missing = settings.filter { setting in
      setting.controller.map { !present.contains($0) } ?? false
    }
    guard !missing.isEmpty else { return }
    try Self.enableControllers(for: missing, above: location, in: hierarchy, processes)
  }

  private func controllers() throws(CgroupError) -> [String] {
    try wrapping { () throws(KernelError) in
      controllerNames(in: try read("cgroup.controllers", of: directory))
    }
  }

  /// Makes a control group below this one, for the processes alone: the limits stay up here.
  ///
  /// The name is one component of a path, which is checked.
  package func makeLeaf(_ name: String) throws(CgroupError) -> ControlGroup {
    let leaf = try CgroupLocation(path: "\(location.path)/\(name)")
    guard !name.hasSlash, leaf.components.count == location.components.count + 1 else {
      throw .invalidPath(name, reason: "the name of a leaf is one part of a path")
    }
    return try wrapping { () throws(KernelError) in
      try Directory.make(at: directory, name, mode: 0o755)
      return ControlGroup(
        location: leaf,
        directory: try openGroup(name, in: directory),
        foreignCount: location.components.count,
        isReused: false
      )
    }
  }

  /// Hands every controller that there is here down to the control groups below.
  ///
  /// There may be no process in this one: cgroup-v2.rst, "No Internal Process Constraint".
  package func handDownControllers() throws(CgroupError) {
    let names = try controllers()
    guard !names.isEmpty else { return }
    try wrapping { () throws(KernelError) in
      try Cgroups.write(
        names.map { "+\($0)" }.joined(separator: " "),
        to: "cgroup.subtree_control",
        of: directory
      )
    }
  }
}

/// The limits of a configuration as files and what to write into them: what a manager other than
/// this target's goes by.
///
/// Where one of several files may take a value, it is the one of the kernel's own controller.
package func limitFiles(for resources: Resources) throws(CgroupError) -> [UnifiedSetting] {
  try limitSettings(for: resources).map(\.asFile)
}

extension LimitSetting {
  var asFile: UnifiedSetting {
    let choice = choices[choices.count - 1]
    return UnifiedSetting(file: choice.file, value: choice.text)
  }
}
