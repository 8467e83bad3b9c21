/// The name of a container, checked: the only form in which a name reaches the file system.
package struct ContainerID: Hashable, Sendable, CustomStringConvertible {
  package let description: String

  /// Checks a name.
  ///
  /// Letters, digits, `_`, `+`, `-` and `.`, the first of them no dot, at most 255 bytes: what fits a
  /// directory, a cgroup and a host name's first label alike.
  ///
  /// - Throws: `StateError.invalidID`.
  package init(_ text: String) throws(StateError) {
    guard let id = ContainerID(ifValid: text) else { throw .invalidID(text) }
    self = id
  }

  /// The name, if it can be one.
  init?(ifValid text: String) {
    let bytes = text.utf8
    guard let first = bytes.first, bytes.count <= 255, first != UInt8(ascii: "."),
      bytes.allSatisfy(Self.isAllowed)
    else { return nil }
    description = text
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "+"),
      UInt8(ascii: "-"), UInt8(ascii: "."):
      true
    default: false
    }
  }
}
