/// One value of a document.
///
/// Cheap to copy: a reference and an index.
package struct JSONNode: Equatable, Sendable {
  let document: JSONDocument
  let index: Int

  private var record: JSONTree.Record { document.tree.records[index] }

  package var kind: JSONKind { record.kind }

  /// The bytes of the document that the value takes, quotes and brackets included.
  package var sourceRange: Range<Int> { Int(record.start)..<Int(record.end) }

  /// The bytes from the key of an object's member to the end of its value.
  ///
  /// Only for a value that is a member of an object: its key is what comes before it in the table.
  package var memberRange: Range<Int> {
    Int(document.tree.records[index - 1].start)..<Int(record.end)
  }

  /// The text of the value exactly as it stands in the document.
  package var sourceText: ArraySlice<UInt8> { document.bytes[sourceRange] }

  /// The line on which the value begins, from 1.
  package var line: Int { document.bytes.line(at: Int(record.start)) }

  /// The column at which the value begins, from 1, in bytes.
  package var column: Int { document.bytes.column(at: Int(record.start)) }

  /// The JSON pointer that names the value.
  ///
  /// See: RFC 6901.
  package var pointer: String { document.tree.pointer(to: index, in: document.bytes) }

  /// The truth value, or nil when it is none.
  package var boolean: Bool? {
    guard kind == .boolean else { return nil }
    return document.bytes[Int(record.start)] == UInt8(ascii: "t")
  }

  /// The text, or nil when the value is no string.
  package var string: String? {
    guard kind == .string else { return nil }
    return document.tree.text(at: index, in: document.bytes)
  }

  /// The exact number, or nil when the value is no integer or not within the type.
  package func integer<Integer: FixedWidthInteger>(as _: Integer.Type) -> Integer? {
    guard kind == .integer else { return nil }
    var digits = sourceText
    let isNegative = digits.first == UInt8(ascii: "-")
    if isNegative { digits.removeFirst() }
    var magnitude: UInt64 = 0
    for digit in digits {
      let (product, overflow) = magnitude.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(UInt64(digit - UInt8(ascii: "0")))
      if overflow || carry { return nil }
      magnitude = sum
    }
    guard isNegative else { return Integer(exactly: magnitude) }
    guard magnitude <= UInt64(Int64.max) + 1 else { return nil }
    return Integer(exactly: Int64(truncatingIfNeeded: 0 &- magnitude))
  }

  /// The values of an array; nothing for any other value.
  package var elements: Elements {
    Elements(document: document, index: index + 1, end: kind == .array ? Int(record.next) : 0)
  }

  /// The keys and values of an object, in order; nothing for any other value.
  package var members: Members {
    Members(document: document, index: index + 1, end: kind == .object ? Int(record.next) : 0)
  }

  /// The value of a key; of several the last, as every caller of ours reads it.
  package subscript(key: String) -> JSONNode? {
    var found: JSONNode?
    guard kind == .object else { return nil }
    var child = index + 1
    let end = Int(record.next)
    while child < end {
      if isKey(at: child, key) { found = JSONNode(document: document, index: child + 1) }
      child = Int(document.tree.records[child + 1].next)
    }
    return found
  }

  func child(forToken token: String) -> JSONNode? {
    guard kind == .array else { return self[token] }
    guard let position = Int(token), position >= 0 else { return nil }
    return elements.dropFirst(position).first { _ in true }
  }

  private func isKey(at index: Int, _ key: String) -> Bool {
    // Bytes, not characters: canonically equivalent keys are different keys.
    let record = document.tree.records[index]
    guard !record.hasEscapes else {
      return document.tree.text(at: index, in: document.bytes).utf8.elementsEqual(key.utf8)
    }
    let body = Int(record.start) + 1..<Int(record.end) - 1
    return body.count == key.utf8.count && document.bytes[body].elementsEqual(key.utf8)
  }

  package static func == (left: JSONNode, right: JSONNode) -> Bool {
    left.index == right.index && left.document === right.document
  }
}

extension JSONNode {
  /// The values of an array, in order.
  package struct Elements: Sequence, IteratorProtocol {
    let document: JSONDocument
    var index: Int
    let end: Int

    package mutating func next() -> JSONNode? {
      guard index < end else { return nil }
      defer { index = Int(document.tree.records[index].next) }
      return JSONNode(document: document, index: index)
    }
  }

  /// The members of an object, in order, those with a key that stands twice included.
  package struct Members: Sequence, IteratorProtocol {
    let document: JSONDocument
    var index: Int
    let end: Int

    package mutating func next() -> (key: String, value: JSONNode)? {
      guard index < end else { return nil }
      let key = document.tree.text(at: index, in: document.bytes)
      let value = JSONNode(document: document, index: index + 1)
      index = Int(document.tree.records[index + 1].next)
      return (key, value)
    }
  }
}

extension [UInt8] {
  /// The line of an offset, from 1.
  func line(at offset: Int) -> Int {
    self[..<offset].reduce(1) { $1 == UInt8(ascii: "\n") ? $0 + 1 : $0 }
  }

  /// The column of an offset, from 1, in bytes.
  func column(at offset: Int) -> Int {
    let lineStart = self[..<offset].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    return offset - lineStart + 1
  }
}
