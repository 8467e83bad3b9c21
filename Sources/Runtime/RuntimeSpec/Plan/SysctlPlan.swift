internal import JSON

/// One kernel parameter and its value.
///
/// Spec: config-linux.md, "Sysctl".
package struct SysctlPlan: Equatable, Sendable {
  /// The key as in the document, as `net.ipv4.ip_forward`.
  package var key: String
  /// The steps below /proc/sys, none of them empty, `.` or `..`.
  package var path: [String]
  package var value: String
}

extension SysctlPlan {
  static func list(
    _ settings: [Annotation],
    namespaces: NamespacePlan,
  ) throws(ConfigurationError) -> [SysctlPlan] {
    var plans: [SysctlPlan] = []
    for setting in settings {
      let path = steps(of: setting.key)
      if let problem = problem(with: path, namespaces) {
        throw ConfigurationError(
          pointer: "/linux/sysctl/\(JSONPointer.token(for: setting.key))",
          rule: problem,
          clause: "config-linux.md, \"Sysctl\"",
        )
      }
      plans.append(SysctlPlan(key: setting.key, path: path, value: setting.value))
    }
    return plans
  }

  /// The steps below /proc/sys of a key whose first dot or slash is its separator.
  ///
  /// After that the other one of the two stands for a dot in a name, as in
  /// `net.ipv4.conf.eth0/100.rp_filter`. See: sysctl(8).
  static func steps(of key: String) -> [String] {
    let dot = UInt8(ascii: ".")
    let slash = UInt8(ascii: "/")
    let first = key.utf8.first { $0 == dot || $0 == slash }
    let separator = first == slash ? slash : dot
    return key.utf8.split(separator: separator, omittingEmptySubsequences: false).map { step in
      guard separator == dot else { return String(decoding: step, as: UTF8.self) }
      return String(decoding: step.map { $0 == slash ? dot : $0 }, as: UTF8.self)
    }
  }

  /// What is wrong with a parameter: one outside of the container's own namespaces is the host's.
  private static func problem(with path: [String], _ namespaces: NamespacePlan) -> String? {
    guard path.count > 1, path.allSatisfy({ !["", ".", ".."].contains($0) }) else {
      return "must be keyed by the name of a kernel parameter as \"net.ipv4.ip_forward\""
    }
    guard let kind = owner(of: path) else {
      return "must be a parameter of one of the container's namespaces, this one is the host's"
    }
    guard namespaces.source(of: kind) != nil else {
      return "must not be set on the host: add a namespace of type \(kind.rawValue) to "
        + "linux.namespaces"
    }
    return nil
  }

  /// The kind of namespace that a parameter belongs to.
  ///
  /// See: ipc_namespaces(7), network_namespaces(7), uts_namespaces(7), user_namespaces(7).
  private static func owner(of path: [String]) -> NamespaceKind? {
    switch (path[0], path[1]) {
    case ("net", _): .network
    case ("fs", "mqueue"): .ipc
    case ("user", _): .user
    case ("kernel", "hostname"), ("kernel", "domainname"): path.count == 2 ? .uts : nil
    case ("kernel", let name): path.count == 2 && ipcParameters.contains(name) ? .ipc : nil
    default: nil
    }
  }

  private static let ipcParameters = [
    "auto_msgmni", "msg_next_id", "msgmax", "msgmnb", "msgmni", "sem", "sem_next_id", "shm_next_id",
    "shm_rmid_forced", "shmall", "shmmax", "shmmni",
  ]
}
