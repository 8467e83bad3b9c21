import DBus

/// Why a text is no value.
enum GVariantError: Error, Equatable, CustomStringConvertible {
  case expected(String, at: Int)
  case outOfRange(String)
  case mixedTypes

  var description: String {
    switch self {
    case .expected(let what, let position): "\(what) is expected at character \(position + 1)"
    case .outOfRange(let number): "\(number) is out of its type's range"
    case .mixedTypes: "an array has values of one type"
    }
  }
}

/// Reads values in the text format of GVariant: numbers, texts, and arrays and tuples of them.
///
/// Left out is what no property of a unit needs of it: maybe types, dictionaries and variants.
///
/// See: GVariant Text Format, GLib.
struct GVariantText {
  private let scalars: [Unicode.Scalar]
  private var position = 0

  private init(_ text: String) {
    scalars = Array(text.unicodeScalars)
  }

  static func parse(_ text: String) throws(GVariantError) -> BusValue {
    var parser = GVariantText(text)
    let value = try parser.value(as: nil, depth: 0)
    parser.skipSpace()
    guard parser.position == parser.scalars.count else { throw parser.expected("the end") }
    return value
  }

  private func expected(_ what: String) -> GVariantError { .expected(what, at: position) }

  private var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

  private mutating func skipSpace() {
    while let scalar = next, scalar.properties.isWhitespace { position += 1 }
  }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    skipSpace()
    guard next == scalar else { return false }
    position += 1
    return true
  }

  private mutating func word() -> String {
    let start = position
    while let scalar = next, scalar.isOfWord { position += 1 }
    return String(String.UnicodeScalarView(scalars[start..<position]))
  }

  /// Reads a value, of a type if one was named before it.
  private mutating func value(as type: String?, depth: Int) throws(GVariantError) -> BusValue {
    skipSpace()
    guard depth < 8, let first = next else { throw expected("a value") }
    switch first {
    case "@":
      position += 1
      return try value(as: try signature(), depth: depth + 1)
    case "'", "\"": return try text(as: type ?? "s")
    case "[": return try array(as: type, depth: depth)
    case "(": return try tuple(as: type, depth: depth)
    default: break
    }
    guard first.isOfWord else { throw expected("a value") }
    let start = position
    let word = word()
    if word == "true" || word == "false" {
      guard type ?? "b" == "b" else { throw .expected("a number", at: start) }
      return .boolean(word == "true")
    }
    guard let named = typeNames[word] else {
      return try number(word, as: type, at: start)
    }
    guard type == nil || type == named else { throw .expected("a value", at: start) }
    return try value(as: named, depth: depth + 1)
  }

  private mutating func signature() throws(GVariantError) -> String {
    let start = position
    while let scalar = next, "ybnqiuxtdsog()a".unicodeScalars.contains(scalar) { position += 1 }
    guard start < position else { throw expected("a type") }
    return String(String.UnicodeScalarView(scalars[start..<position]))
  }

  private func number(
    _ word: String,
    as type: String?,
    at start: Int,
  ) throws(GVariantError) -> BusValue {
    let isFloat = word.contains(".") || (!word.contains("x") && word.contains("e"))
    switch type ?? (isFloat ? "d" : "i") {
    case "y": return .byte(try integer(word, at: start))
    case "n": return .int16(try integer(word, at: start))
    case "q": return .uint16(try integer(word, at: start))
    case "i": return .int32(try integer(word, at: start))
    case "u": return .uint32(try integer(word, at: start))
    case "x": return .int64(try integer(word, at: start))
    case "t": return .uint64(try integer(word, at: start))
    case "d":
      guard let number = Double(word), number.isFinite else {
        throw .expected("a number", at: start)
      }
      return .double(number)
    default: throw .expected("a value of the type that was named", at: start)
    }
  }

  private func integer<Number: FixedWidthInteger>(
    _ word: String,
    at start: Int,
  ) throws(GVariantError) -> Number {
    let isNegative = word.hasPrefix("-")
    let digits = word.drop { $0 == "-" || $0 == "+" }
    let isHexadecimal = digits.hasPrefix("0x") || digits.hasPrefix("0X")
    // As in C, and in GVariant: a leading 0 is octal.
    let radix = isHexadecimal ? 16 : digits.hasPrefix("0") && digits.count > 1 ? 8 : 10
    let body = isHexadecimal ? digits.dropFirst(2) : digits
    guard word.count - digits.count <= 1, let first = body.first, first.isHexDigit,
      body.allSatisfy({ $0.hexDigitValue.map { $0 < radix } ?? false })
    else { throw .expected("a value", at: start) }
    guard let number = Number((isNegative ? "-" : "") + body, radix: radix) else {
      throw .outOfRange(word)
    }
    return number
  }

  private mutating func text(as type: String) throws(GVariantError) -> BusValue {
    let quote = next
    position += 1
    var view = String.UnicodeScalarView()
    while let scalar = next, scalar != quote {
      position += 1
      view.append(scalar == "\\" ? try escape() : scalar)
    }
    guard next == quote else { throw expected("the end of the text") }
    position += 1
    guard !view.contains("\0") else { throw expected("a text without NUL") }
    switch type {
    case "s": return .string(String(view))
    case "o": return .objectPath(String(view))
    case "g": return .signature(String(view))
    default: throw expected("a value of the type that was named")
    }
  }

  private mutating func escape() throws(GVariantError) -> Unicode.Scalar {
    guard let scalar = next else { throw expected("the end of the text") }
    position += 1
    switch scalar {
    case "a": return "\u{7}"
    case "b": return "\u{8}"
    case "f": return "\u{c}"
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "v": return "\u{b}"
    case "u", "U":
      let count = scalar == "u" ? 4 : 8
      let digits = String(String.UnicodeScalarView(scalars[position...].prefix(count)))
      guard digits.count == count, let code = UInt32(digits, radix: 16),
        let result = Unicode.Scalar(code)
      else { throw expected("\(count) hexadecimal digits") }
      position += count
      return result
    default: return scalar
    }
  }

  private mutating func array(
    as type: String?,
    depth: Int,
  ) throws(GVariantError) -> BusValue {
    position += 1
    var element: String?
    if let type {
      guard type.hasPrefix("a") else { throw expected("a value of the type that was named") }
      element = String(type.dropFirst())
    }
    var values: [BusValue] = []
    while !take("]") {
      if !values.isEmpty, !take(",") { throw expected("a comma or ]") }
      let value = try value(as: element, depth: depth + 1)
      // What the first one is the others are too: a type's name stands before the first only.
      if element == nil { element = value.signature }
      guard value.signature == element else { throw .mixedTypes }
      values.append(value)
    }
    guard let element else { throw expected("a type, as in @as [],") }
    return .array(of: element, values)
  }

  private mutating func tuple(
    as type: String?,
    depth: Int,
  ) throws(GVariantError) -> BusValue {
    position += 1
    var values: [BusValue] = []
    while !take(")") {
      if !values.isEmpty, !take(",") { throw expected("a comma or )") }
      // A tuple of one ends in a comma.
      if !values.isEmpty, take(")") { break }
      values.append(try value(as: nil, depth: depth + 1))
    }
    let value = BusValue.structure(values)
    guard !values.isEmpty, type == nil || type == value.signature else {
      throw expected("a value of the type that was named")
    }
    return value
  }
}

extension Unicode.Scalar {
  /// Whether it is of a number, of true or false, or of a type's name.
  fileprivate var isOfWord: Bool {
    switch self {
    case "a"..."z", "A"..."Z", "0"..."9", ".", "-", "+": true
    default: false
    }
  }
}

private let typeNames = [
  "boolean": "b", "byte": "y", "int16": "n", "uint16": "q", "int32": "i", "uint32": "u",
  "int64": "x", "uint64": "t", "double": "d", "string": "s", "objectpath": "o", "signature": "g",
]
