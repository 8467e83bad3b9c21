import CCap

/// The capabilities that the kernel has, by name, number and as a mask with bit n for number n.
///
/// See: capabilities(7).
package enum KnownCapabilities {
  /// The number of a name such as `CAP_KILL`; nil when this kernel or libcap has no such one.
  package static func number(of name: String) -> Int? {
    // libcap takes any case and no prefix check: the specification wants the names of the manual.
    guard name.hasPrefix("CAP_"), name == name.uppercased() else { return nil }
    var value: cap_value_t = 0
    guard unsafe cap_from_name(name, &value) == 0, value < cap_max_bits() else { return nil }
    return Int(value)
  }

  /// Every capability of this kernel.
  package static var all: UInt64 {
    let count = UInt64(cap_max_bits())
    return count >= 64 ? ~0 : (1 << count) - 1
  }

  /// The names of a mask's capabilities, in the order of their numbers.
  package static func names(of mask: UInt64) -> [String] {
    var names: [String] = []
    for number in 0..<64 where mask >> UInt64(number) & 1 == 1 {
      guard let text = unsafe cap_to_name(cap_value_t(number)) else { continue }
      unsafe names.append(String(cString: text).uppercased())
      unsafe cap_free(text)
    }
    return names
  }

  /// What this process is permitted, and so can give to a child in its user namespace.
  ///
  /// - Throws: `ownSetsUnreadable`, where something keeps capget(2) from working.
  package static func permittedToThisProcess() throws(CapabilityError) -> UInt64 {
    guard let own = unsafe cap_get_proc() else { throw .ownSetsUnreadable }
    defer { unsafe cap_free(UnsafeMutableRawPointer(own)) }
    var mask: UInt64 = 0
    for number in 0..<cap_max_bits() {
      var value = CAP_CLEAR
      guard unsafe cap_get_flag(own, number, CAP_PERMITTED, &value) == 0 else {
        throw .ownSetsUnreadable
      }
      if value == CAP_SET { mask |= 1 << UInt64(number) }
    }
    return mask
  }
}

/// Why capabilities can't be decided on.
package enum CapabilityError: Error, Equatable, Sendable {
  case ownSetsUnreadable
}

extension CapabilityError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .ownSetsUnreadable: "the capabilities of this process cannot be read: is capget allowed?"
    }
  }
}
