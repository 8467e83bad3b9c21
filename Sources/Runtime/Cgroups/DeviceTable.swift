package import RuntimeSpec

/// Device rules as a table that is looked up, most specific key first, in place of a walk.
///
/// Of each bit of an access the last rule that speaks of it and of the device decides; what no rule
/// speaks of is denied. The table has an entry for each combination of kind, major and minor number
/// that some rule names, "every" being a number too, and for each that two rules have in common: so
/// the first key that a device is found under knows all the rules that speak of the device.
///
/// Spec: config-linux.md, "Allowed Device list".
package struct DeviceTable: Equatable, Sendable {
  /// The devices of one entry.
  struct Key: Equatable, Comparable {
    /// BPF_DEVCG_DEV_BLOCK (1) or BPF_DEVCG_DEV_CHAR (2).
    var kind: UInt32
    var major: UInt32
    var minor: UInt32

    /// Stands for every number: no device has it, as the kernel's device numbers have 12 bits and
    /// 20.
    static let every = UInt32.max

    static func < (left: Key, right: Key) -> Bool {
      (left.kind, left.major, left.minor) < (right.kind, right.major, right.minor)
    }

    /// Whether all devices of another key are among those of this one.
    func covers(_ other: Key) -> Bool {
      kind == other.kind && (major == Key.every || major == other.major)
        && (minor == Key.every || minor == other.minor)
    }
  }

  /// What is not allowed with some devices: BPF_DEVCG_ACC_MKNOD, _READ and _WRITE.
  struct Entry: Equatable {
    var key: Key
    var denied: UInt32
  }

  let entries: [Entry]

  /// Far more than any configuration has, and few enough to be worked out in no time.
  private static let limits = (rules: 4096, entries: 16_384)

  /// - Throws: `invalidLimit` for more rules, or more combinations of them, than can be of use.
  package init(_ rules: [DeviceRule]) throws(CgroupError) {
    let patterns = rules.flatMap(Self.patterns(of:))
    let keys = Self.keys(of: patterns.map(\.key))
    guard rules.count <= Self.limits.rules, keys.count <= Self.limits.entries else {
      throw .invalidLimit(
        "devices",
        reason: "these \(rules.count) rules are too many, or combine in too many ways"
      )
    }
    entries = keys.map { key in
      var denied: UInt32 = 7
      for pattern in patterns where pattern.key.covers(key) {
        denied = pattern.isAllowed ? denied & ~pattern.access : denied | pattern.access
      }
      return Entry(key: key, denied: denied)
    }
  }

  private struct Pattern {
    var key: Key
    var isAllowed: Bool
    var access: UInt32
  }

  private static func patterns(of rule: DeviceRule) -> [Pattern] {
    let kinds: [UInt32] =
      switch rule.kind {
      case .all: [1, 2]
      case .block: [1]
      case .character: [2]
      }
    // A number that no device can have makes a rule that speaks of nothing.
    guard rule.major ?? 0 <= 0xFFF, rule.minor ?? 0 <= 0xF_FFFF else { return [] }
    return kinds.map { kind in
      Pattern(
        key: Key(kind: kind, major: rule.major ?? Key.every, minor: rule.minor ?? Key.every),
        isAllowed: rule.isAllowed,
        access: kernelMask(of: rule.access)
      )
    }
  }

  /// All keys that are named, and those that a major number alone and a minor number alone have in
  /// common; sorted, each once.
  private static func keys(of named: [Key]) -> [Key] {
    let majors = unique(named.filter { $0.major != Key.every && $0.minor == Key.every })
    let minors = unique(named.filter { $0.major == Key.every && $0.minor != Key.every })
    guard majors.count * minors.count <= limits.entries else {
      // Too many in any case: as many as say so.
      return [Key](repeating: named[0], count: limits.entries + 1)
    }
    let shared = majors.flatMap { left in
      minors.filter { $0.kind == left.kind }.map {
        Key(kind: left.kind, major: left.major, minor: $0.minor)
      }
    }
    return unique(named + shared)
  }

  private static func unique(_ keys: [Key]) -> [Key] {
    var result: [Key] = []
    for key in keys.sorted() where key != result.last { result.append(key) }
    return result
  }

  private static func kernelMask(of access: DeviceRule.Access) -> UInt32 {
    (access.contains(.mknod) ? 1 : 0) | (access.contains(.read) ? 2 : 0)
      | (access.contains(.write) ? 4 : 0)
  }
}

extension DeviceTable {
  /// The keys one behind the other, as the kernel's map takes them.
  var keyBytes: [UInt8] {
    entries.flatMap { [$0.key.kind, $0.key.major, $0.key.minor].flatMap(bytes(of:)) }
  }

  /// The values in the same order.
  var valueBytes: [UInt8] { entries.flatMap { bytes(of: $0.denied) } }

  private func bytes(of number: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * UInt32($0))) }
  }
}
