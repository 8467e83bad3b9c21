/// Strings, numbers and words.
///
/// Spec: RFC 8259, sections 3, 6 and 7.
extension JSONParser {
  mutating func parseWord(_ word: String, _ kind: JSONKind) throws(JSONError) {
    let end = position + word.utf8.count
    guard end <= bytes.count, bytes[position..<end].elementsEqual(word.utf8) else {
      throw failure("expected '\(word)'")
    }
    append(kind, upTo: end)
  }

  mutating func parseNumber() throws(JSONError) {
    var end = position
    var kind = JSONKind.integer
    if bytes[end] == UInt8(ascii: "-") { end += 1 }
    if byte(at: end) == UInt8(ascii: "0") {
      end += 1
      guard !isDigit(at: end) else {
        throw failure("expected a number without leading zeros", at: end)
      }
    } else {
      end = try endOfDigits(from: end)
    }
    if byte(at: end) == UInt8(ascii: ".") {
      kind = .decimal
      end = try endOfDigits(from: end + 1)
    }
    if byte(at: end) == UInt8(ascii: "e") || byte(at: end) == UInt8(ascii: "E") {
      kind = .decimal
      let hasSign = byte(at: end + 1) == UInt8(ascii: "+") || byte(at: end + 1) == UInt8(ascii: "-")
      end = try endOfDigits(from: end + (hasSign ? 2 : 1))
    }
    append(kind, upTo: end)
  }

  private func endOfDigits(from start: Int) throws(JSONError) -> Int {
    var end = start
    while isDigit(at: end) { end += 1 }
    guard end > start else {
      throw failure("expected a digit, found \(described(at: start))", at: start)
    }
    return end
  }

  private func isDigit(at offset: Int) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte(at: offset))
  }

  private func byte(at offset: Int) -> UInt8 { offset < bytes.count ? bytes[offset] : 0 }

  mutating func parseString() throws(JSONError) {
    var end = position + 1
    var hasEscapes = false
    while end < bytes.count {
      switch bytes[end] {
      case UInt8(ascii: "\""):
        append(.string, upTo: end + 1, hasEscapes: hasEscapes)
        return
      case UInt8(ascii: "\\"):
        hasEscapes = true
        end = try endOfEscape(at: end)
      case ..<0x20:
        let name = described(at: end)
        throw failure("expected control characters as \\u escapes, found \(name)", at: end)
      case ..<0x80:
        end += 1
      default:
        end = try endOfScalar(at: end)
      }
    }
    throw failure("expected '\"' to end the string, found the end of the document", at: end)
  }

  private func endOfEscape(at start: Int) throws(JSONError) -> Int {
    switch byte(at: start + 1) {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
      UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      return start + 2
    case UInt8(ascii: "u"):
      break
    default:
      throw failure("expected one of \"\\/bfnrtu after the backslash", at: start)
    }
    let unit = try codeUnit(at: start)
    guard (0xD800..<0xE000).contains(unit) else { return start + 6 }
    guard unit < 0xDC00, byte(at: start + 6) == UInt8(ascii: "\\"),
      byte(at: start + 7) == UInt8(ascii: "u"),
      (0xDC00..<0xE000).contains(try codeUnit(at: start + 6))
    else {
      throw failure("expected a high and then a low surrogate, found one alone", at: start)
    }
    return start + 12
  }

  private func codeUnit(at start: Int) throws(JSONError) -> UInt32 {
    var unit: UInt32 = 0
    for offset in start + 2..<start + 6 {
      guard let digit = hexadecimalValue(byte(at: offset)) else {
        throw failure("expected four hexadecimal digits after \\u", at: start)
      }
      unit = unit << 4 | UInt32(digit)
    }
    return unit
  }

  /// Checks one character beyond ASCII by the table of well-formed sequences.
  ///
  /// Spec: RFC 3629, section 4.
  private func endOfScalar(at start: Int) throws(JSONError) -> Int {
    let second: ClosedRange<UInt8>
    let length: Int
    switch bytes[start] {
    case 0xC2...0xDF: (second, length) = (0x80...0xBF, 2)
    case 0xE0: (second, length) = (0xA0...0xBF, 3)
    case 0xED: (second, length) = (0x80...0x9F, 3)
    case 0xE1...0xEF: (second, length) = (0x80...0xBF, 3)
    case 0xF0: (second, length) = (0x90...0xBF, 4)
    case 0xF1...0xF3: (second, length) = (0x80...0xBF, 4)
    case 0xF4: (second, length) = (0x80...0x8F, 4)
    default: throw failure("expected UTF-8, found \(described(at: start))", at: start)
    }
    guard second.contains(byte(at: start + 1)),
      (2..<length).allSatisfy({ byte(at: start + $0) & 0xC0 == 0x80 })
    else {
      throw failure("expected UTF-8, found \(described(at: start))", at: start)
    }
    return start + length
  }
}
