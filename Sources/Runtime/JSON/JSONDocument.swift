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
    // Bytes, not characters: a slash and a combining mark after it would be one character.
    let slash = UInt8(ascii: "/")
    if !pointer.isEmpty, pointer.utf8.first != slash { return nil }
    for token in pointer.utf8.split(separator: slash, omittingEmptySubsequences: false).dropFirst()
    {
      guard let next = node.child(forToken: unescapedToken(token)) else { return nil }
      node = next
    }
    return node
  }

  /// The JSON pointer of the value whose first byte is at an offset; nil where none begins.
  package func pointer(ofValueAt offset: Int) -> String? {
    // The table is in the order of the text.
    var range = tree.records.indices
    while let first = range.first, range.count > 1 {
      let middle = first + range.count / 2
      range =
        tree.records[middle].start <= offset ? middle..<range.upperBound : range.lowerBound..<middle
    }
    guard let index = range.first, tree.records[index].start == offset else { return nil }
    return tree.pointer(to: index, in: bytes)
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

  private func unescapedToken(_ token: Substring.UTF8View) -> String {
    var plain: [UInt8] = []
    var isEscaped = false
    for byte in token {
      switch (isEscaped, byte) {
      case (true, UInt8(ascii: "0")): plain.append(UInt8(ascii: "~"))
      case (true, UInt8(ascii: "1")): plain.append(UInt8(ascii: "/"))
      case (false, UInt8(ascii: "~")): break
      default: plain.append(byte)
      }
      isEscaped = byte == UInt8(ascii: "~")
    }
    return String(decoding: plain, as: UTF8.self)
  }
}

extension JSONDocument: Equatable {
  /// Whether both were made of the same bytes.
  package static func == (left: JSONDocument, right: JSONDocument) -> Bool {
    left.bytes == right.bytes
  }
}
