/// What set_mempolicy(2) takes.
///
/// Spec: config-linux.md, "Memory policy".
package struct MemoryPolicyPlan: Equatable, Sendable {
  /// The mode with its flags.
  package var mode: UInt32
  /// A bit a node, the lowest first; empty where the mode takes none.
  package var nodes: [UInt64]

  package init(mode: UInt32, nodes: [UInt64]) {
    self.mode = mode
    self.nodes = nodes
  }
}

extension MemoryPolicyPlan {
  private static let clause = "config-linux.md, \"Memory policy\""

  /// What a mode asks of its nodes.
  private enum Nodes { case none, some, any }

  /// The modes in the order of the kernel's numbers.
  ///
  /// See: uapi/linux/mempolicy.h.
  private static let modes: [(name: String, nodes: Nodes)] = [
    ("MPOL_DEFAULT", .none), ("MPOL_PREFERRED", .any), ("MPOL_BIND", .some),
    ("MPOL_INTERLEAVE", .some), ("MPOL_LOCAL", .none), ("MPOL_PREFERRED_MANY", .some),
    ("MPOL_WEIGHTED_INTERLEAVE", .some),
  ]

  package static var modeNames: [String] { modes.map(\.name) }

  /// The flags from bit 13 on.
  package static let flags = [
    "MPOL_F_NUMA_BALANCING", "MPOL_F_RELATIVE_NODES", "MPOL_F_STATIC_NODES",
  ]

  init(_ policy: Configuration.MemoryPolicy) throws(ConfigurationError) {
    guard let number = Self.modes.firstIndex(where: { $0.name == policy.mode }) else {
      let names = Self.modes.map(\.name).joined(separator: ", ")
      throw Self.failure("mode", "must be one of \(names), is \(quoted(policy.mode))")
    }
    mode = UInt32(number)
    nodes = []
    for (index, name) in (policy.flags ?? []).enumerated() {
      guard let bit = Self.flags.firstIndex(of: name) else {
        let names = Self.flags.joined(separator: ", ")
        throw Self.failure("flags/\(index)", "must be one of \(names), is \(quoted(name))")
      }
      mode |= 1 << UInt32(13 + bit)
    }
    let text = policy.nodes ?? ""
    switch (Self.modes[number].nodes, text.isEmpty) {
    case (.some, true): throw Self.failure("nodes", "must name nodes for \(policy.mode)")
    case (.none, false): throw Self.failure("nodes", "must be absent for \(policy.mode)")
    case (_, true): return
    case (_, false): break
    }
    guard let list = NumberList(text) else {
      throw Self.failure("nodes", "must be a list as \"0-3,7\", is \(quoted(text))")
    }
    nodes = list.mask
  }

  private static func failure(_ property: String, _ rule: String) -> ConfigurationError {
    ConfigurationError(pointer: "/linux/memoryPolicy/\(property)", rule: rule, clause: clause)
  }
}
