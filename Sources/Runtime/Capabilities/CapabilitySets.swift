package import Kernel

/// The five sets of a process, each a mask with bit n for capability number n.
///
/// See: capabilities(7), "Thread capability sets".
package struct CapabilitySets: Equatable, Sendable {
  package var effective: UInt64 = 0
  package var permitted: UInt64 = 0
  package var inheritable: UInt64 = 0
  package var bounding: UInt64 = 0
  package var ambient: UInt64 = 0

  /// Five empty sets.
  package init() {}
}

/// What a configuration asks for, by names such as `CAP_KILL`.
package struct CapabilityRequest: Equatable, Sendable {
  package var effective: [String] = []
  package var permitted: [String] = []
  package var inheritable: [String] = []
  package var bounding: [String] = []
  package var ambient: [String] = []

  /// Five empty lists.
  package init() {}
}

/// What of a request can be had, and a line for each thing that can't.
package struct CapabilityGrant: Equatable, Sendable {
  package var sets: CapabilitySets
  /// What this kernel or this creator can't give.
  package var warnings: [String]
  /// What the kernel would refuse for the request's own sake, as an ambient capability that isn't
  /// inheritable: the default configurations of runc and crun ask for some.
  package var notes: [String]
}

extension CapabilityGrant {
  /// Reduces a request to what the kernel would grant.
  ///
  /// `available` is what init is going to be permitted: all in a new user namespace,
  /// `KnownCapabilities.permittedToThisProcess()` otherwise.
  ///
  /// Spec: config.md, "Linux Process", capabilities: what can't be granted is no failure.
  package init(_ request: CapabilityRequest, available: UInt64) {
    var unknown: [String] = []
    func mask(_ names: [String]) -> UInt64 {
      names.reduce(0) { mask, name in
        if let number = KnownCapabilities.number(of: name) { return mask | 1 << UInt64(number) }
        if !unknown.contains(name) { unknown.append(name) }
        return mask
      }
    }
    var asked = CapabilitySets()
    asked.bounding = mask(request.bounding)
    asked.permitted = mask(request.permitted)
    asked.effective = mask(request.effective)
    asked.inheritable = mask(request.inheritable)
    asked.ambient = mask(request.ambient)

    sets = asked.reduced(to: available)
    warnings = unknown.map { "ignored capability \($0): this kernel has none of that name" }
    let missing = KnownCapabilities.names(of: asked.union & ~available)
    if !missing.isEmpty {
      warnings.append("capabilities that cannot be granted here: \(missing.joined(separator: " "))")
    }
    notes = asked.differences(from: sets, among: available)
  }
}

extension CapabilitySets {
  /// Every capability that is in any of the sets.
  var union: UInt64 { effective | permitted | inheritable | bounding | ambient }

  /// A line for each set that has lost available capabilities.
  func differences(from granted: CapabilitySets, among available: UInt64) -> [String] {
    let sets = [
      ("effective", effective & ~granted.effective, "permitted"),
      ("inheritable", inheritable & ~granted.inheritable, "bounding"),
      ("ambient", ambient & ~granted.ambient, "permitted and inheritable"),
    ]
    return sets.compactMap { label, lost, needed in
      let names = KnownCapabilities.names(of: lost & available)
      guard !names.isEmpty else { return nil }
      return "left out of the \(label) set, as they are not \(needed): "
        + names.joined(separator: " ")
    }
  }

  /// What capset(2) and PR_CAP_AMBIENT_RAISE accept of these sets from a process that is permitted
  /// `available`.
  func reduced(to available: UInt64) -> CapabilitySets {
    var result = self
    result.bounding &= available
    result.permitted &= available
    result.effective &= result.permitted
    // capset(2): nothing outside the bounding set can become inheritable.
    result.inheritable &= result.bounding
    // prctl(2): PR_CAP_AMBIENT_RAISE wants it permitted and inheritable.
    result.ambient &= result.permitted & result.inheritable
    return result
  }
}

/// Takes everything but a mask out of the bounding set of this process.
///
/// Needs CAP_SETPCAP in the effective set; allocates nothing unless it fails.
///
/// See: capabilities(7), "Capability bounding set".
package func dropBounding(keeping mask: UInt64) throws(KernelError) {
  let dropped = KnownCapabilities.all & ~mask
  for number in 0..<64 where dropped >> UInt64(number) & 1 == 1 {
    try Process.dropFromBoundingSet(number)
  }
}
