/// Capability names of the five sets as given, as `CAP_KILL`; all empty where there are none.
package struct CapabilityNames: Equatable, Sendable {
  package var effective: [String]
  package var bounding: [String]
  package var inheritable: [String]
  package var permitted: [String]
  package var ambient: [String]

  /// No capability.
  package init() {
    effective = []
    bounding = []
    inheritable = []
    permitted = []
    ambient = []
  }
}

extension CapabilityNames {
  /// Every name of capabilities(7) up to Linux 6.12, by number.
  package static let known: [String] = [
    "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL",
    "CAP_SETGID", "CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST", "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER",
    "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT",
    "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE", "CAP_SYS_RESOURCE", "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL",
    "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM",
    "CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
  ]

  /// Keeps the known names.
  ///
  /// A value that cannot be mapped to the kernel's must be logged and may not be an error.
  /// Spec: config.md, "Linux Process", capabilities.
  init(_ capabilities: Configuration.Capabilities?, warnings: inout [IgnoredSetting]) {
    effective = Self.kept(capabilities?.effective, "effective", &warnings)
    bounding = Self.kept(capabilities?.bounding, "bounding", &warnings)
    inheritable = Self.kept(capabilities?.inheritable, "inheritable", &warnings)
    permitted = Self.kept(capabilities?.permitted, "permitted", &warnings)
    ambient = Self.kept(capabilities?.ambient, "ambient", &warnings)
  }

  private static func kept(
    _ names: [String]?,
    _ set: String,
    _ warnings: inout [IgnoredSetting],
  ) -> [String] {
    var kept: [String] = []
    for (index, name) in (names ?? []).enumerated() {
      if known.contains(name) {
        kept.append(name)
      } else {
        warnings.append(
          IgnoredSetting(
            pointer: "/process/capabilities/\(set)/\(index)",
            reason: "there is no capability \(quoted(name))",
            clause: "config.md, \"Linux Process\"",
          )
        )
      }
    }
    return kept
  }
}
