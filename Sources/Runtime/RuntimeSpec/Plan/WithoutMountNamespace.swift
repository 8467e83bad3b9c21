extension ContainerPlan {
  /// Makes the plan one for the runtime's own mount namespace, if the document lists none.
  ///
  /// The program then gets its root by chroot(2), into a copy of the rootfs's mount that is attached
  /// nowhere: no way up leads out of it. Nothing else is mounted, as that would be mounted on the host:
  /// mounts and devices are passed over with a warning, and what shuts a container in by mounts is
  /// refused. So is a user namespace, whose root may copy no mount of the host's.
  ///
  /// Spec: config-linux.md, "Namespaces": a type that is not listed is inherited.
  mutating func leaveMountsToRuntime(
    _ configuration: Configuration,
  ) throws(ConfigurationError) {
    guard namespaces.source(of: .mount) == nil else { return }
    try needMountNamespace(!maskedPaths.isEmpty, "/linux/maskedPaths", "Masked Paths")
    try needMountNamespace(!readonlyPaths.isEmpty, "/linux/readonlyPaths", "Readonly Paths")
    let propagation = "Rootfs Mount Propagation"
    try needMountNamespace(rootfs.propagation != nil, "/linux/rootfsPropagation", propagation)
    try needMountNamespace(process.hasTerminal, "/process/terminal", "Process")
    let hasUsers = namespaces.source(of: .user) != nil
    try needMountNamespace(hasUsers, "/linux/namespaces", "Namespaces")
    rootfs.isAttached = false
    passOver(!mounts.isEmpty, "/mounts", "config.md, \"Mounts\"")
    passOver(configuration.linux?.devices?.isEmpty == false, "/linux/devices", Self.devicesClause)
    passOver(mountLabel != nil, "/linux/mountLabel", "config-linux.md, \"Mount Label\"")
    mounts = []
    devices = []
    links = []
    mountLabel = nil
  }

  private static let devicesClause = "config-linux.md, \"Devices\""

  private func needMountNamespace(
    _ isWanted: Bool,
    _ pointer: String,
    _ section: String,
  ) throws(ConfigurationError) {
    guard isWanted else { return }
    let file = pointer.hasPrefix("/linux") ? "config-linux.md" : "config.md"
    throw ConfigurationError(
      pointer: pointer,
      rule: "needs a mount namespace: add one to linux.namespaces",
      clause: "\(file), \"\(section)\"",
    )
  }

  private mutating func passOver(_ isThere: Bool, _ pointer: String, _ clause: String) {
    guard isThere else { return }
    let reason = "there is no mount namespace in linux.namespaces, and it would be for the host"
    warnings.append(IgnoredSetting(pointer: pointer, reason: reason, clause: clause))
  }
}
