package import Kernel
package import RuntimeSpec

/// What a mount needs of the world outside the rootfs.
package struct MountSurroundings: Sendable {
  /// The cgroup2 directory that a container without a cgroup namespace sees as its own; nil where
  /// the namespace shows the container's part of the hierarchy alone.
  package var cgroupDirectory: String?
  /// Whether a cgroup mount would show the host's whole hierarchy: a container without a cgroup
  /// namespace that has no directory of its own either.
  package var showsWholeHierarchy: Bool
  /// Sources of bind mounts that the creator has opened, by the mount's place in the list: in a user
  /// namespace init may not search the host's directories.
  package var openedSources: [Int: BindSource]
  /// The SELinux context of new file systems; nil leaves that to the policy.
  package var label: String?

  package init(
    cgroupDirectory: String?,
    showsWholeHierarchy: Bool,
    openedSources: [Int: BindSource],
    label: String?,
  ) {
    self.cgroupDirectory = cgroupDirectory
    self.showsWholeHierarchy = showsWholeHierarchy
    self.openedSources = openedSources
    self.label = label
  }
}

/// The mounts of the plan. Spec: config.md, "Mounts".
extension ContainerRoot {
  /// Mounts one entry of the plan.
  ///
  /// - Returns: the mount, where `finishReadOnly` has to follow once all is in it; nil where it is as
  ///   the plan says already.
  package func mount(
    _ plan: MountPlan,
    _ surroundings: MountSurroundings,
  ) throws(RootfsError) -> OwnedDescriptor? {
    guard plan.isFilledFirst else {
      _ = try mountNow(plan, surroundings)
      return nil
    }
    var writable = plan
    writable.attributes.set &= ~MountAttribute.readOnly
    return try mountNow(writable, surroundings)
  }

  /// Makes a mount read-only into which the others have been put.
  package func finishReadOnly(
    _ mount: borrowing OwnedDescriptor,
    _ plan: MountPlan,
  ) throws(RootfsError) {
    try about(plan.subject) { () throws(KernelError) in
      try Mounting.setAttributes(
        of: mount,
        set: MountAttribute.readOnly,
        clear: 0,
        isRecursive: false,
        subject: plan.destination
      )
    }
  }

  /// - Returns: the mount of a file system; nil for what is bound.
  private func mountNow(
    _ plan: MountPlan,
    _ surroundings: MountSurroundings,
  ) throws(RootfsError) -> OwnedDescriptor? {
    if plan.isRemount { return try remount(plan) }
    switch plan.kind {
    case .bind(let source, _):
      try bind(source, opened: surroundings.openedSources[plan.index], plan)
      return nil
    case .filesystem(let type, let source):
      let label = MountLabel(surroundings.label, of: plan, type: type)
      return try mountNew(type: type, source: source, plan, label)
    case .cgroup:
      var plan = plan
      // Whatever the plan says, the host's cgroups are not the container's to write
      // (CVE-2023-25809).
      if surroundings.showsWholeHierarchy { plan.attributes.set |= MountAttribute.readOnly }
      guard let directory = surroundings.cgroupDirectory else {
        return try mountNew(type: "cgroup2", source: "cgroup", plan, .none)
      }
      plan.kind = .bind(source: directory, isRecursive: false)
      try bind(directory, opened: nil, plan)
      return nil
    }
  }

  private func remount(_ plan: MountPlan) throws(RootfsError) -> OwnedDescriptor {
    let target = try about(plan.subject) { () throws(KernelError) in
      try find(plan.destination)
    }
    // mount_setattr(2) refuses what is no mount; but with nothing to change it is not even called.
    let isMount = try about(plan.subject) { () throws(KernelError) in
      try target?.isMountRoot() ?? false
    }
    guard let target, isMount else {
      throw .refused("\(plan.subject): nothing is mounted there to remount")
    }
    try Self.finish(target, plan)
    return target
  }

  private func mountNew(
    type: String,
    source: String,
    _ plan: MountPlan,
    _ label: MountLabel,
  ) throws(RootfsError) -> OwnedDescriptor {
    var plan = plan
    if type == "tmpfs" { try inheritMode(&plan) }
    let target = try self.target(of: plan, type: type)
    let mount = try Self.newFileSystem(type: type, source: source, plan, label)
    try label.label(mount, plan)
    if plan.copiesUp {
      let keepsRoot = !plan.parameters.contains { ["mode", "uid", "gid"].contains($0.key) }
      try copyUp(
        from: plan.destination,
        to: mount,
        keepsRoot: keepsRoot,
        subject: plan.subject
      )
    }
    try about(plan.subject) { () throws(KernelError) in
      try Mounting.attach(mount, on: target, subject: plan.destination)
    }
    // fsmount(2) has set the attributes; what has to be cleared or goes deeper comes now.
    var rest = plan
    rest.attributes = .init()
    try Self.finish(mount, rest)
    return mount
  }

  /// Gives a tmpfs without a mode that of the directory that it covers, which would be everybody's
  /// otherwise.
  private func inheritMode(_ plan: inout MountPlan) throws(RootfsError) {
    guard !plan.copiesUp, !plan.parameters.contains(where: { $0.key == "mode" }) else { return }
    let mode: UInt32? = try about(plan.subject) { () throws(KernelError) in
      try find(plan.destination)?.status().mode
    }
    guard let mode else { return }
    plan.parameters.append(.init(key: "mode", value: String(mode, radix: 8)))
  }

  /// The place of a mount, made if it is missing.
  private func target(
    of plan: MountPlan,
    type: String,
  ) throws(RootfsError) -> OwnedDescriptor {
    guard type == "proc" || type == "sysfs" else {
      return try findOrMake(plan.destination, missing: .directory)
    }
    let place = try findOrMake(plan.destination, missing: .directory)
    let real = try about(plan.subject) { () throws(KernelError) in
      try openRealDirectory(plan.destination)
    }
    guard let real else { throw .refused("\(plan.subject): is no directory") }
    _ = consume place
    return real
  }

  /// Makes a file system, mounted nowhere yet.
  static func newFileSystem(
    type: String,
    source: String,
    _ plan: MountPlan,
    _ label: MountLabel,
  ) throws(RootfsError) -> OwnedDescriptor {
    let context = try about(plan.subject) { () throws(KernelError) in
      try Mounting.openFileSystem(type)
    }
    do throws(KernelError) {
      if !source.isEmpty { try Mounting.setOption(context, "source", source) }
      for flag in plan.superblockFlags where !isPerMount(flag, type: type) {
        try setFlag(flag, of: context)
      }
      for parameter in plan.parameters {
        try set(parameter.key, parameter.plainValue, of: context, type: type)
      }
    } catch {
      throw refusal(error, context, plan.subject)
    }
    do throws(KernelError) {
      if case .option(let value) = label {
        try Mounting.setOption(context, MountLabel.key, value)
      }
    } catch {
      throw refusal(error, context, "/linux/mountLabel: \(plan.subject)")
    }
    do throws(KernelError) {
      return try Mounting.create(
        context,
        attributes: plan.attributes.set,
        subject: plan.destination
      )
    } catch {
      throw refusal(error, context, plan.subject)
    }
  }

  /// A failure of a new file system's, with what the file system itself says of it.
  private static func refusal(
    _ error: KernelError,
    _ context: borrowing OwnedDescriptor,
    _ subject: String,
  ) -> RootfsError {
    guard let message = Mounting.lastMessage(of: context) else {
      return .kernel(error, subject: subject)
    }
    return .kernel(error, subject: "\(subject): \(message)")
  }

  /// Gives a file system one flag of its superblock.
  private static func setFlag(
    _ flag: String,
    of context: borrowing OwnedDescriptor,
  ) throws(KernelError) {
    do throws(KernelError) {
      try Mounting.setOption(context, flag, nil)
    } catch  where error.code == .invalid && (flag == "acl" || flag == "noacl") {
      // To mount(2) it is a bit that every file system takes, and most have no use for; to fsconfig(2)
      // a word of those that know it, and EINVAL from others. What they say of it must not be taken
      // for the reason of a later failure.
      _ = Mounting.lastMessage(of: context)
    }
  }

  /// Gives a file system one option, a long list of an overlay's layers one by one.
  ///
  /// See: fsconfig(2): a value has 255 bytes at most. overlayfs.rst, "lowerdir+", since Linux 6.7.
  private static func set(
    _ key: String,
    _ value: String?,
    of context: borrowing OwnedDescriptor,
    type: String,
  ) throws(KernelError) {
    guard let value, value.utf8.count > 255, type == "overlay", key == "lowerdir" else {
      return try Mounting.setOption(context, key, value)
    }
    for layer in overlayLayers(value) {
      try Mounting.setOption(context, "lowerdir+", layer)
    }
  }

  /// Whether read-only is a matter of the mount alone: one instance of these file systems shows up
  /// in many places, and the container may not change the others.
  private static func isPerMount(_ flag: String, type: String) -> Bool {
    guard flag == "ro" || flag == "rw" else { return false }
    switch type {
    case "proc", "sysfs", "cgroup2", "mqueue", "devpts", "tmpfs", "devtmpfs": return true
    default: return false
    }
  }

  /// Changes the attributes and the propagation of a mount, attached or not.
  static func finish(
    _ mount: borrowing OwnedDescriptor,
    _ plan: MountPlan,
  ) throws(RootfsError) {
    do throws(KernelError) {
      if !plan.attributes.isEmpty {
        try Mounting.setAttributes(
          of: mount,
          set: plan.attributes.set,
          clear: plan.attributes.clear,
          isRecursive: false,
          subject: plan.destination
        )
      }
      if !plan.recursiveAttributes.isEmpty {
        try Mounting.setAttributes(
          of: mount,
          set: plan.recursiveAttributes.set,
          clear: plan.recursiveAttributes.clear,
          isRecursive: true,
          subject: plan.destination
        )
      }
      for propagation in plan.propagation {
        try Mounting.setPropagation(
          of: mount,
          propagation.kind.mountFlag,
          isRecursive: propagation.isRecursive,
          subject: plan.destination
        )
      }
    } catch {
      throw .kernel(error, subject: plan.subject)
    }
  }
}

/// The directories of an overlay's lowerdir: a colon is between two, one after a backslash is not.
func overlayLayers(_ list: String) -> [String] {
  var layers = [""]
  var isEscaped = false
  for character in list {
    if isEscaped {
      layers[layers.count - 1].append(character)
      isEscaped = false
    } else if character == "\\" {
      isEscaped = true
    } else if character == ":" {
      layers.append("")
    } else {
      layers[layers.count - 1].append(character)
    }
  }
  return layers
}

extension MountPlan {
  /// Whether it is read-only only when all the other mounts, devices and directories are in it.
  fileprivate var isFilledFirst: Bool {
    guard attributes.set & MountAttribute.readOnly != 0, case .filesystem(let type, _) = kind else {
      return false
    }
    return type == "tmpfs" || destination == "/dev"
  }

  /// What messages call the mount.
  var subject: String {
    switch kind {
    case .bind(let source, _): "mount \(source) on \(destination)"
    case .filesystem(let type, _): "mount \(type) on \(destination)"
    case .cgroup: "mount cgroup on \(destination)"
    }
  }
}
