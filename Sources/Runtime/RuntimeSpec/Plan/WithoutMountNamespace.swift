extension ContainerPlan {
  /// Makes the plan one for the runtime's own mount namespace, if the document lists none.
  ///
  /// The program then gets its root by chroot(2). Nothing is mounted, as that would be mounted on the
  /// host: mounts and devices are passed over with a warning, and what shuts a container in by mounts
  /// is refused.
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
    try needMountNamespace(rootfs.isReadonly, "/root/readonly", "Root")
    try needMountNamespace(process.hasTerminal, "/process/terminal", "Process")
    rootfs.isMounted = false
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
