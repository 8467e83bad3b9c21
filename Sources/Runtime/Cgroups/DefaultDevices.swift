package import RuntimeSpec

/// What every container may use, whatever its own rules deny: appended to them, as in runc.
///
/// Making nodes is harmless, as they can't be opened without a rule; the others are the devices
/// that the runtime itself supplies, and the terminals of the container's own devpts.
///
/// Spec: config-linux.md, "Default Devices".
package let defaultDeviceRules: [DeviceRule] =
  [
    DeviceRule(isAllowed: true, kind: .character, major: nil, minor: nil, access: .mknod),
    DeviceRule(isAllowed: true, kind: .block, major: nil, minor: nil, access: .mknod),
  ]
  + [
    (1, 3),  // null
    (1, 5),  // zero
    (1, 7),  // full
    (1, 8),  // random
    (1, 9),  // urandom
    (5, 0),  // tty
    (5, 2),  // ptmx
    (136, nil),  // pts/*
    (10, 200),  // net/tun, which nobody can use without CAP_NET_ADMIN over a network namespace
  ].map { (major: UInt32, minor: UInt32?) in
    DeviceRule(isAllowed: true, kind: .character, major: major, minor: minor, access: .all)
  }

/// The rules that hold for a container: its own and the defaults; none where nothing is restricted.
package func effectiveDeviceRules(_ rules: [DeviceRule]?) -> [DeviceRule] {
  guard let rules, !rules.isEmpty else { return [] }
  if let last = rules.lastIndex(where: \.speaksOfAll), rules[last...].allSatisfy(\.isAllowed) {
    return []
  }
  return rules + defaultDeviceRules
}

extension DeviceRule {
  /// Whether no rule before this one matters.
  var speaksOfAll: Bool { kind == .all && major == nil && minor == nil && access == .all }

  /// Whether it only ever allows.
  var allowsEverythingOfIt: Bool { isAllowed && access == .all }
}
