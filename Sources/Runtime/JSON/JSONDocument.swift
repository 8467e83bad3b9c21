/// A parsed JSON text: the bytes, and a flat table of the values found in them.
///
/// Strings and numbers stay bytes until somebody asks for one. Spec: RFC 8259.
package final class JSONDocument: Sendable {
  /// The largest text that is read.
  package static let maximumSize = 64 << 20
  /// The deepest nesting of arrays and objects that is read.
  package static let maximumDepth = 128

  /// The text.
  package let bytes: [UInt8]
  let tree: JSONTree

  /// Parses a whole text.
  ///
  /// - Throws: when the text is no JSON by RFC 8259, is larger or deeper than the limits, or holds
  ///   a string that is no Unicode text (invalid UTF-8, half a surrogate pair).
  package init(parsing bytes: [UInt8]) throws(JSONError) {
    var parser = JSONParser(bytes: bytes)
    try parser.parseDocument()
    self.bytes = bytes
    self.tree = parser.tree
  }

  /// The outermost value.
  package var root: JSONNode { JSONNode(document: self, index: 0) }

  /// The value that a JSON pointer names, or nil.
  ///
  /// See: RFC 6901.
  package func node(at pointer: String) -> JSONNode? {
    var node = root
    for token in pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
      guard let next = node.child(forToken: unescapedToken(token)) else { return nil }
      node = next
    }
    return node
  }

  /// Every member whose key stands again later in the same object, and so is not seen.
  package var shadowedMembers: [JSONNode] {
    var found: [JSONNode] = []
    for index in tree.records.indices where tree.records[index].kind == .object {
      // Keyed by bytes: canonically equivalent keys are different keys.
      var values: [[UInt8]: JSONNode] = [:]
      for member in JSONNode(document: self, index: index).members {
        if let earlier = values.updateValue(member.value, forKey: Array(member.key.utf8)) {
          found.append(earlier)
        }
      }
    }
    return found
  }

  private func unescapedToken(_ token: Substring) -> String {
    guard token.utf8.contains(UInt8(ascii: "~")) else { return String(token) }
    var plain = ""
    var isEscaped = false
    for character in token.unicodeScalars {
      switch (isEscaped, character) {
      case (true, "0"): plain.unicodeScalars.append("~")
      case (true, "1"): plain.unicodeScalars.append("/")
      case (false, "~"): break
      default: plain.unicodeScalars.append(character)
      }
      isEscaped = !isEscaped && character == "~"
    }
    return plain
  }
}

extension JSONDocument: Equatable {
  /// Whether both were made of the same bytes.
  package static func == (left: JSONDocument, right: JSONDocument) -> Bool {
    left.bytes == right.bytes
  }
}
