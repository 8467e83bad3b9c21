/// Why bytes are no JSON document that we accept, and on which line.
package struct JSONSyntaxError: Error, Equatable, CustomStringConvertible {
  package let line: Int
  package let problem: String

  package var description: String { "line \(line): \(problem)" }
}

extension JSONValue {
  /// Reads exactly one JSON document.
  ///
  /// Stricter than most readers where two readers could disagree about a hostile document: a key
  /// that occurs twice, text that is not UTF-8 and half a surrogate pair are errors.
  /// Spec: RFC 8259.
  /// - Throws: when the bytes break the grammar or nest more than 64 levels deep.
  package init(parsing bytes: [UInt8]) throws(JSONSyntaxError) {
    var reader = JSONReader(bytes: bytes)
    self = try reader.readDocument()
  }
}

private struct JSONReader {
  let bytes: [UInt8]
  var position = 0
  /// Documents of images nest about eight levels; the cap keeps the recursion off the stack's end.
  let maximumDepth = 64

  init(bytes: [UInt8]) {
    self.bytes = bytes
  }

  mutating func readDocument() throws(JSONSyntaxError) -> JSONValue {
    let value = try readValue(depth: 0)
    skipWhitespace()
    guard position == bytes.count else { throw error("more text follows the document") }
    return value
  }

  func error(_ problem: String) -> JSONSyntaxError {
    let line = 1 + bytes[..<min(position, bytes.count)].count { $0 == UInt8(ascii: "\n") }
    return JSONSyntaxError(line: line, problem: problem)
  }

  var current: UInt8? { position < bytes.count ? bytes[position] : nil }

  mutating func skipWhitespace() {
    while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
  }

  mutating func accept(_ scalar: Unicode.Scalar) -> Bool {
    guard current == UInt8(ascii: scalar) else { return false }
    position += 1
    return true
  }

  mutating func readValue(depth: Int) throws(JSONSyntaxError) -> JSONValue {
    guard depth < maximumDepth else {
      throw error("nested more than \(maximumDepth) levels deep")
    }
    skipWhitespace()
    guard let byte = current else { throw error("the document ends too early") }
    switch byte {
    case UInt8(ascii: "{"): return .object(try readObject(depth: depth))
    case UInt8(ascii: "["): return .array(try readArray(depth: depth))
    case UInt8(ascii: "\""): return .string(try readString())
    case UInt8(ascii: "t"): return try readWord("true", as: .bool(true))
    case UInt8(ascii: "f"): return try readWord("false", as: .bool(false))
    case UInt8(ascii: "n"): return try readWord("null", as: .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      return .number(try readNumber())
    default: throw error("no JSON value starts here")
    }
  }

  mutating func readWord(
    _ word: String,
    as value: JSONValue,
  ) throws(JSONSyntaxError) -> JSONValue {
    guard bytes[position...].starts(with: word.utf8) else {
      throw error("no JSON value starts here")
    }
    position += word.utf8.count
    return value
  }

  mutating func readObject(depth: Int) throws(JSONSyntaxError) -> JSONObject {
    position += 1
    var members: [JSONObject.Member] = []
    var keys: Set<String> = []
    skipWhitespace()
    if accept("}") { return JSONObject([]) }
    repeat {
      skipWhitespace()
      guard current == UInt8(ascii: "\"") else { throw error("a member's name is expected") }
      let key = try readString()
      guard keys.insert(key).inserted else { throw error("the key \"\(key)\" occurs twice") }
      skipWhitespace()
      guard accept(":") else { throw error("a colon is expected after \"\(key)\"") }
      members.append(JSONObject.Member(key: key, value: try readValue(depth: depth + 1)))
      skipWhitespace()
    } while accept(",")
    guard accept("}") else { throw error("a comma or closing brace is expected") }
    return JSONObject(members)
  }

  mutating func readArray(depth: Int) throws(JSONSyntaxError) -> [JSONValue] {
    position += 1
    var elements: [JSONValue] = []
    skipWhitespace()
    if accept("]") { return [] }
    repeat {
      elements.append(try readValue(depth: depth + 1))
      skipWhitespace()
    } while accept(",")
    guard accept("]") else { throw error("a comma or closing bracket is expected") }
    return elements
  }

  mutating func readNumber() throws(JSONSyntaxError) -> String {
    let start = position
    _ = accept("-")
    if !accept("0") { try readDigits() }
    if accept(".") { try readDigits() }
    if accept("e") || accept("E") {
      if !accept("+") { _ = accept("-") }
      try readDigits()
    }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  mutating func readDigits() throws(JSONSyntaxError) {
    let start = position
    while let byte = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
      position += 1
    }
    guard position > start else { throw error("a digit is expected") }
  }

  mutating func readString() throws(JSONSyntaxError) -> String {
    position += 1
    var text: [UInt8] = []
    while let byte = current {
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: text, as: UTF8.self) else {
          throw error("a string is not UTF-8")
        }
        return string
      case UInt8(ascii: "\\"): text.append(contentsOf: String(try readEscape()).utf8)
      case 0..<0x20: throw error("a control character in a string")
      default: text.append(byte)
      }
    }
    throw error("a string does not end")
  }

  mutating func readEscape() throws(JSONSyntaxError) -> Unicode.Scalar {
    guard let byte = current else { throw error("a string does not end") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return try readUnicodeEscape()
    default: throw error("an unknown escape in a string")
    }
  }

  mutating func readUnicodeEscape() throws(JSONSyntaxError) -> Unicode.Scalar {
    let first = try readHexadecimal()
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard first < 0xDC00, accept("\\"), accept("u") else {
      throw error("half a surrogate pair in a string")
    }
    let second = try readHexadecimal()
    guard (0xDC00...0xDFFF).contains(second),
      let scalar = Unicode.Scalar(
        0x10000 + ((UInt32(first) - 0xD800) << 10) + (UInt32(second) - 0xDC00)
      )
    else { throw error("half a surrogate pair in a string") }
    return scalar
  }

  mutating func readHexadecimal() throws(JSONSyntaxError) -> UInt16 {
    let end = position + 4
    guard end <= bytes.count,
      bytes[position..<end].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let value = UInt16(String(decoding: bytes[position..<end], as: UTF8.self), radix: 16)
    else { throw error("four hexadecimal digits are expected after \\u") }
    position = end
    return value
  }
}
