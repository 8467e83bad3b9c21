/// What a value of a document is.
package enum JSONKind: UInt8, Equatable, Sendable {
  case null
  case boolean
  /// A number without fraction and exponent.
  case integer
  /// A number with a fraction or an exponent.
  case decimal
  case string
  case array
  case object
}

/// The values of a text in the order in which they begin, each followed by all that it holds.
///
/// An object holds its keys as strings, each followed by its value.
struct JSONTree: Sendable {
  /// One value: 16 bytes.
  struct Record: Sendable {
    /// Where it begins in the text, a string's opening quote included.
    var start: UInt32
    /// Just past its last byte; `open` while the parser is inside it.
    var end: UInt32
    /// The index after everything that it holds; `open` while the parser is inside it.
    var next: UInt32
    var kind: JSONKind
    /// Whether a string has a backslash in it.
    var hasEscapes: Bool

    static let open = UInt32.max
  }

  var records: [Record] = []

  /// The JSON pointer of the value at an index, which may be the one that is just being read.
  func pointer(to target: Int, in bytes: [UInt8]) -> String {
    var pointer = ""
    var index = 0
    while index != target, index < records.count {
      let isObject = records[index].kind == .object
      guard isObject || records[index].kind == .array else { return pointer }
      var position = 0
      var child = index + 1
      while child < target {
        let value = isObject ? child + 1 : child
        // The value after the last key may still be missing.
        guard value < target, Int(records[value].next) <= target else { break }
        child = Int(records[value].next)
        position += 1
      }
      if isObject {
        // The target is a key itself: there is nothing more to name.
        guard child < target else { return pointer }
        pointer += "/" + JSONPointer.token(for: text(at: child, in: bytes))
        index = child + 1
      } else {
        pointer += "/\(position)"
        index = child
      }
    }
    return pointer
  }

  /// The text of the string at an index, its escapes replaced.
  func text(at index: Int, in bytes: [UInt8]) -> String {
    let record = records[index]
    let body = bytes[Int(record.start) + 1..<Int(record.end) - 1]
    guard record.hasEscapes else { return String(decoding: body, as: UTF8.self) }
    return unescaped(body)
  }

  /// Replaces escapes that the parser has found to be right.
  private func unescaped(_ body: ArraySlice<UInt8>) -> String {
    var result: [UInt8] = []
    result.reserveCapacity(body.count)
    var index = body.startIndex
    while index < body.endIndex {
      guard body[index] == UInt8(ascii: "\\") else {
        result.append(body[index])
        index += 1
        continue
      }
      let escape = body[index + 1]
      index += 2
      guard escape == UInt8(ascii: "u") else {
        result.append(plainByte(ofEscape: escape))
        continue
      }
      var code = hexadecimal(body[index..<index + 4])
      index += 4
      if (0xD800..<0xDC00).contains(code) {
        let low = hexadecimal(body[index + 2..<index + 6])
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
        index += 6
      }
      if let scalar = Unicode.Scalar(code) { result.append(contentsOf: String(scalar).utf8) }
    }
    return String(decoding: result, as: UTF8.self)
  }

  private func plainByte(ofEscape escape: UInt8) -> UInt8 {
    switch escape {
    case UInt8(ascii: "b"): 0x08
    case UInt8(ascii: "f"): 0x0C
    case UInt8(ascii: "n"): 0x0A
    case UInt8(ascii: "r"): 0x0D
    case UInt8(ascii: "t"): 0x09
    default: escape
    }
  }

  private func hexadecimal(_ digits: ArraySlice<UInt8>) -> UInt32 {
    digits.reduce(0) { $0 << 4 | UInt32(hexadecimalValue($1) ?? 0) }
  }
}

/// The value of a hexadecimal digit; nil for any other byte.
func hexadecimalValue(_ byte: UInt8) -> UInt8? {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
  case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
  default: nil
  }
}
