/// Cutting signatures into the complete types that they consist of.
///
/// See: D-Bus Specification, "Valid Signatures".
enum BusSignature {
  /// The specification's limit for a signature, and ours for containers inside of containers: it
  /// allows 32 of each kind, and nothing that we read has more than five.
  static let longest = 255
  static let deepest = 16

  /// The single complete types of a signature; nil when it is none.
  static func types(in signature: String) -> [Substring]? {
    guard signature.utf8.count <= longest else { return nil }
    var rest = signature[...]
    var list: [Substring] = []
    while !rest.isEmpty {
      guard let end = end(of: rest, depth: 0, isElement: false) else { return nil }
      list.append(rest[..<end])
      rest = rest[end...]
    }
    return list
  }

  /// Where the first complete type ends; nil when there is none.
  private static func end(
    of text: Substring,
    depth: Int,
    isElement: Bool,
  ) -> Substring.Index? {
    guard depth <= deepest, let first = text.first else { return nil }
    let rest = text.dropFirst()
    switch first {
    case "y", "b", "n", "q", "i", "u", "x", "t", "d", "s", "o", "g", "v": return rest.startIndex
    case "a": return end(of: rest, depth: depth + 1, isElement: true)
    case "(": return end(ofFields: rest, until: ")", depth: depth + 1)
    case "{" where isElement:
      guard let key = rest.first, "ybnqiuxtdsog".contains(key) else { return nil }
      let value = rest.dropFirst()
      guard let end = end(of: value, depth: depth + 1, isElement: false), end < value.endIndex,
        value[end] == "}"
      else { return nil }
      return value.index(after: end)
    default: return nil
    }
  }

  private static func end(
    ofFields text: Substring,
    until close: Character,
    depth: Int,
  ) -> Substring.Index? {
    var rest = text
    var count = 0
    while let first = rest.first, first != close {
      guard let next = end(of: rest, depth: depth, isElement: false) else { return nil }
      rest = rest[next...]
      count += 1
    }
    guard count > 0, !rest.isEmpty else { return nil }
    return rest.index(after: rest.startIndex)
  }

  /// What values of a type are aligned to.
  static func alignment(of type: Substring) -> Int {
    switch type.first {
    case "n", "q": 2
    case "b", "i", "u", "s", "o", "a": 4
    case "x", "t", "d", "(", "{": 8
    default: 1
    }
  }
}
