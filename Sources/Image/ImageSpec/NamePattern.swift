/// A shell pattern that names match: in full or short, with their tag or without.
package struct NamePattern: Sendable {
  package let text: String

  package init(_ text: String) {
    self.text = text
  }

  package func matches(_ reference: Reference) -> Bool {
    let names = [reference.description, reference.short]
    let repositories = names.map { name in
      let bare = name.prefix { $0 != "@" }
      let slash = bare.lastIndex(of: "/") ?? bare.startIndex
      return bare[slash...].firstIndex(of: ":").map { String(bare[..<$0]) } ?? String(bare)
    }
    return (names + repositories).contains { glob(Array(text.utf8), Array($0.utf8)) }
  }
}

/// A shell pattern of `*`, `?` and plain bytes, in time that grows with the product of the lengths.
///
/// A star does not cross a slash.
func glob(_ pattern: [UInt8], _ text: [UInt8]) -> Bool {
  var reachable = [Bool](repeating: false, count: text.count + 1)
  reachable[0] = true
  for byte in pattern {
    var next = [Bool](repeating: false, count: text.count + 1)
    switch byte {
    case UInt8(ascii: "*"):
      for index in next.indices {
        let before = index > 0 && next[index - 1] && text[index - 1] != UInt8(ascii: "/")
        next[index] = reachable[index] || before
      }
    default:
      for index in text.indices where reachable[index] {
        let isAny = byte == UInt8(ascii: "?") && text[index] != UInt8(ascii: "/")
        next[index + 1] = isAny || byte == text[index]
      }
    }
    reachable = next
  }
  return reachable[text.count]
}
