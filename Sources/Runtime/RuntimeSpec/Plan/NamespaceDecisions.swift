extension NamespacePlan {
  private static let clause = "config-linux.md, \"Namespaces\""
  private static let mappingClause = "config-linux.md, \"User namespace mappings\""

  /// Decides on the namespaces, with what was ignored added to `warnings`.
  init(
    _ linux: Configuration.Linux?,
    warnings: inout [IgnoredSetting],
  ) throws(ConfigurationError) {
    entries = []
    uidMappings = []
    gidMappings = []
    for (index, namespace) in (linux?.namespaces ?? []).enumerated() {
      try add(namespace, "/linux/namespaces/\(index)")
    }
    uidMappings = try mappings(linux?.uidMappings ?? [], "uidMappings", &warnings)
    gidMappings = try mappings(linux?.gidMappings ?? [], "gidMappings", &warnings)
  }

  private mutating func add(
    _ namespace: Configuration.Namespace,
    _ pointer: String,
  ) throws(ConfigurationError) {
    guard let kind = NamespaceKind(rawValue: namespace.type) else {
      let names = NamespaceKind.allCases.map(\.rawValue).joined(separator: ", ")
      throw ConfigurationError(
        pointer: "\(pointer)/type",
        rule: "must be one of \(names), is \(quoted(namespace.type))",
        clause: Self.clause,
      )
    }
    guard source(of: kind) == nil else {
      throw ConfigurationError(
        pointer: "\(pointer)/type",
        rule: "must stand once, is a second \(kind.rawValue) namespace",
        clause: Self.clause,
      )
    }
    entries.append(Entry(kind: kind, source: try Self.source(namespace.path, pointer)))
  }

  private static func source(
    _ path: String?,
    _ pointer: String,
  ) throws(ConfigurationError) -> Source {
    // Go programs write an empty path for a new namespace.
    guard let path, !path.isEmpty else { return .new }
    guard path.isAbsolutePath else {
      throw ConfigurationError(
        pointer: "\(pointer)/path",
        rule: "must be an absolute path, is \(quoted(path))",
        clause: clause,
      )
    }
    return .join(path)
  }

  /// The mappings of the user namespace; none without one, whatever the document says.
  private func mappings(
    _ given: [IDMapping],
    _ name: String,
    _ warnings: inout [IgnoredSetting],
  ) throws(ConfigurationError) -> [IDMapping] {
    let pointer = "/linux/\(name)"
    let clause = Self.mappingClause
    guard let source = source(of: .user) else {
      if !given.isEmpty {
        let reason = "there is no user namespace in linux.namespaces"
        warnings.append(IgnoredSetting(pointer: pointer, reason: reason, clause: clause))
      }
      return []
    }
    if source == .new, given.isEmpty {
      let rule = "must map an id at least when there is a new user namespace"
      throw ConfigurationError(pointer: pointer, rule: rule, clause: clause)
    }
    try Self.checkRanges(given, pointer)
    return given
  }

  /// Refuses ranges that no kernel takes.
  static func checkRanges(
    _ mappings: [IDMapping],
    _ pointer: String,
  ) throws(ConfigurationError) {
    func failure(_ rule: String, at index: Int? = nil) -> ConfigurationError {
      let place = index.map { "\(pointer)/\($0)" } ?? pointer
      return ConfigurationError(pointer: place, rule: rule, clause: mappingClause)
    }
    // The kernel's own limit. See: user_namespaces(7).
    guard mappings.count <= 340 else { throw failure("must have at most 340 entries") }
    for (index, mapping) in mappings.enumerated() {
      guard mapping.size > 0 else { throw failure("must have a size above 0", at: index) }
      // The largest id is no id: see setresuid(2).
      guard UInt64(max(mapping.containerID, mapping.hostID)) + UInt64(mapping.size) <= 0xFFFF_FFFF
      else { throw failure("must end below 4294967295", at: index) }
      for earlier in mappings[..<index] where mapping.overlaps(earlier) {
        throw failure("must not overlap with an earlier entry", at: index)
      }
    }
  }

  /// Refuses a user or group that doesn't exist in the user namespace.
  func checkIdentities(of process: ProcessPlan) throws(ConfigurationError) {
    try checkIdentity(process.uid, uidMappings, "/process/user/uid", "uid")
    try checkIdentity(process.gid, gidMappings, "/process/user/gid", "gid")
    for (index, gid) in process.additionalGids.enumerated() {
      try checkIdentity(gid, gidMappings, "/process/user/additionalGids/\(index)", "gid")
    }
  }

  private func checkIdentity(
    _ identity: UInt32,
    _ mappings: [IDMapping],
    _ pointer: String,
    _ kind: String,
  ) throws(ConfigurationError) {
    let isMapped = mappings.contains { mapping in
      identity >= mapping.containerID && identity - mapping.containerID < mapping.size
    }
    guard mappings.isEmpty || isMapped else {
      throw ConfigurationError(
        pointer: pointer,
        rule: "must be a \(kind) that linux.\(kind)Mappings maps, is \(identity)",
        clause: Self.mappingClause,
      )
    }
  }

  /// The host or domain name, which must not change the host's.
  func checkedName(_ name: String?, _ pointer: String) throws(ConfigurationError) -> String? {
    guard let name, !name.isEmpty else { return nil }
    let problem: String? =
      if source(of: .uts) == nil {
        "needs a uts namespace: add one to linux.namespaces"
      } else if name.utf8.count > 64 {
        // __NEW_UTS_LEN of uapi/linux/utsname.h.
        "must be 64 bytes at most, is \(name.utf8.count)"
      } else {
        nil
      }
    guard let problem else { return name }
    let clause = pointer == "/hostname" ? "config.md, \"Hostname\"" : "config.md, \"Domainname\""
    throw ConfigurationError(pointer: pointer, rule: problem, clause: clause)
  }
}

extension IDMapping {
  /// Whether both map the same id, seen from either side.
  fileprivate func overlaps(_ other: IDMapping) -> Bool {
    func meet(_ left: UInt32, _ right: UInt32) -> Bool {
      left < right ? right - left < size : left - right < other.size
    }
    return meet(containerID, other.containerID) || meet(hostID, other.hostID)
  }
}
