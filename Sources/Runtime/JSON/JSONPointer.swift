/// The text form of JSON pointers.
///
/// Spec: RFC 6901.
package enum JSONPointer {
  /// A key as one step of a pointer, its slashes and tildes escaped.
  package static func token(for key: String) -> String {
    var token = ""
    for scalar in key.unicodeScalars {
      switch scalar {
      case "~": token += "~0"
      case "/": token += "~1"
      default: token.unicodeScalars.append(scalar)
      }
    }
    return token
  }

  /// The pointer of what holds the value that a pointer names; nil for that of the whole document.
  package static func parent(of pointer: String) -> String? {
    // Bytes, not characters: a slash and a combining mark after it would be one character.
    pointer.utf8.lastIndex(of: UInt8(ascii: "/")).map { offset in
      String(decoding: pointer.utf8[..<offset], as: UTF8.self)
    }
  }
}
