internal import JSON

/// The text of a config.json from which what was found wrong is taken out, so that judging can go
/// on behind it.
///
/// Decoding and planning stop at the first violation, as a container is not made of half a document.
/// To find them all, each is blotted out and the rest is judged again. No line moves by that, and the
/// place of every value in the original is known.
struct JudgedText {
  private let original: JSONDocument
  private(set) var bytes: [UInt8]
  /// What was inserted, and where: offsets of the text as it was then.
  private var insertions: [(offset: Int, count: Int)] = []

  init(_ original: JSONDocument) {
    self.original = original
    bytes = original.bytes
  }

  /// An error about this text as one about the original.
  func translated(
    _ error: ConfigurationError,
    from document: JSONDocument,
  ) -> ConfigurationError {
    var translated = error
    translated.pointer = originalPointer(error.pointer, in: document)
    return translated
  }

  private func originalPointer(_ pointer: String, in document: JSONDocument) -> String {
    var rest = ""
    var place = pointer
    while true {
      if let node = document.node(at: place) {
        let start = originalOffset(node.sourceRange.lowerBound)
        let found = original.pointer(ofValueAt: start) ?? place
        return found + rest
      }
      guard let parent = JSONPointer.parent(of: place) else { return pointer }
      rest = place.dropFirst(parent.count) + rest
      place = parent
    }
  }

  private func originalOffset(_ offset: Int) -> Int {
    insertions.reversed().reduce(offset) { place, insertion in
      place < insertion.offset ? place : max(place - insertion.count, insertion.offset)
    }
  }

  /// Takes the value at a pointer out, or what is around it if there is none.
  ///
  /// - Returns: false when nothing is left that could be taken out.
  mutating func remove(_ pointer: String, from document: JSONDocument) -> Bool {
    var place = pointer
    while !place.isEmpty, let parent = JSONPointer.parent(of: place) {
      if let node = document.node(at: place), let holder = document.node(at: parent) {
        removeItem(holder.kind == .array ? node.sourceRange : node.memberRange)
        return true
      }
      place = parent
    }
    return false
  }

  /// Takes the object or array out that holds the value at a pointer.
  ///
  /// - Returns: false when that is the whole document.
  mutating func removeHolder(of pointer: String, from document: JSONDocument) -> Bool {
    guard let parent = JSONPointer.parent(of: pointer) else { return false }
    return remove(parent, from: document)
  }

  /// Puts a value where a pointer says that one is missing, or is wrong.
  ///
  /// - Returns: false when there is nothing to put it into.
  mutating func put(_ value: String, at pointer: String, in document: JSONDocument) -> Bool {
    if let node = document.node(at: pointer) {
      replace(node.sourceRange, by: value)
      return true
    }
    guard let parent = JSONPointer.parent(of: pointer), let holder = document.node(at: parent),
      holder.kind == .object
    else { return false }
    let key = pointer.dropFirst(parent.count + 1)
    let separator = holder.members.contains { _ in true } ? "," : ""
    insert("\"\(key)\":\(value)\(separator)", at: holder.sourceRange.lowerBound + 1)
    return true
  }

  /// Puts a value before the elements of an array.
  mutating func prepend(_ value: String, to list: JSONNode) -> Bool {
    let separator = list.elements.contains { _ in true } ? "," : ""
    insert(value + separator, at: list.sourceRange.lowerBound + 1)
    return true
  }

  private mutating func replace(_ range: Range<Int>, by text: String) {
    blot(range)
    insert(text, at: range.lowerBound)
  }

  /// Takes an element or a member out, and the comma on one side of it.
  private mutating func removeItem(_ range: Range<Int>) {
    blot(range)
    let comma = UInt8(ascii: ",")
    let isSpace: (UInt8) -> Bool = { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
    if let next = bytes[range.upperBound...].firstIndex(where: { !isSpace($0) }),
      bytes[next] == comma
    {
      bytes[next] = 0x20
    } else if let last = bytes[..<range.lowerBound].lastIndex(where: { !isSpace($0) }),
      bytes[last] == comma
    {
      bytes[last] = 0x20
    }
  }

  private mutating func blot(_ range: Range<Int>) {
    for index in range where bytes[index] != 0x0A { bytes[index] = 0x20 }
  }

  private mutating func insert(_ text: String, at offset: Int) {
    bytes.insert(contentsOf: text.utf8, at: offset)
    insertions.append((offset, text.utf8.count))
  }
}
