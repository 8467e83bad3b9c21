/// A value of the subset of TOML that registries.conf is written in.
///
/// Strings on one line, integers, booleans, arrays, tables, arrays of tables and inline tables.
/// Dates, floats and strings over several lines are errors, not guesses.
/// A library was measured (TOMLKit 0.6.0, toml++ inside): 8 MB more of program for these few files,
/// values that point into a tree which may be gone, and strings that end at a NUL.
/// Spec: TOML 1.0; containers-registries.conf(5).
enum TOMLValue: Equatable {
  case string(String)
  case integer(Int64)
  case bool(Bool)
  case array([TOMLValue])
  case table([String: TOMLValue])

  /// What a message calls the kind of this value.
  var kind: String {
    switch self {
    case .string: "a string"
    case .integer: "an integer"
    case .bool: "a boolean"
    case .array: "an array"
    case .table: "a table"
    }
  }
}

/// Why a text is no TOML that we read, and on which line.
struct TOMLError: Error, Equatable, CustomStringConvertible {
  let line: Int
  let problem: String

  var description: String { "line \(line): \(problem)" }
}

extension TOMLValue {
  /// Reads a whole document.
  /// - Throws: when the text breaks the grammar, or uses more of it than the subset.
  static func document(parsing text: String) throws(TOMLError) -> [String: TOMLValue] {
    var reader = TOMLReader(text)
    return try reader.document()
  }

  /// Puts a value under a path of keys; the last element of an array of tables is meant by its name.
  fileprivate static func put(
    _ value: TOMLValue,
    at path: ArraySlice<String>,
    in table: inout [String: TOMLValue],
  ) throws(String.Problem) {
    guard let key = path.first else { return }
    guard path.count > 1 else {
      guard table[key] == nil else { throw String.Problem(text: "\"\(key)\" stands there twice") }
      table[key] = value
      return
    }
    try descend(to: key, in: &table) { (inner) throws(String.Problem) in
      try put(value, at: path.dropFirst(), in: &inner)
    }
  }

  /// Appends an empty table to an array of tables.
  fileprivate static func append(
    at path: ArraySlice<String>,
    in table: inout [String: TOMLValue],
  ) throws(String.Problem) {
    guard let key = path.first else { return }
    guard path.count > 1 else {
      guard case .array(let elements) = table[key] ?? .array([]) else {
        throw String.Problem(text: "\"\(key)\" is no array of tables")
      }
      table[key] = .array(elements + [.table([:])])
      return
    }
    try descend(to: key, in: &table) { (inner) throws(String.Problem) in
      try append(at: path.dropFirst(), in: &inner)
    }
  }

  private static func descend(
    to key: String,
    in table: inout [String: TOMLValue],
    _ body: (inout [String: TOMLValue]) throws(String.Problem) -> Void,
  ) throws(String.Problem) {
    switch table[key] ?? .table([:]) {
    case .table(var inner):
      try body(&inner)
      table[key] = .table(inner)
    case .array(var elements):
      guard case .table(var inner) = elements.last else {
        throw String.Problem(text: "\"\(key)\" is no table")
      }
      try body(&inner)
      elements[elements.count - 1] = .table(inner)
      table[key] = .array(elements)
    case .string, .integer, .bool: throw String.Problem(text: "\"\(key)\" is no table")
    }
  }
}

extension String {
  /// A problem whose line the reader knows.
  fileprivate struct Problem: Error {
    let text: String
  }
}

private struct TOMLReader {
  private let text: [Unicode.Scalar]
  private var position = 0
  private var root: [String: TOMLValue] = [:]
  private var table: [String] = []

  init(_ text: String) {
    self.text = Array(text.unicodeScalars)
  }

  private var current: Unicode.Scalar? { position < text.count ? text[position] : nil }

  private func error(_ problem: String) -> TOMLError {
    TOMLError(line: 1 + text[..<min(position, text.count)].count { $0 == "\n" }, problem: problem)
  }

  private mutating func accept(_ scalar: Unicode.Scalar) -> Bool {
    guard current == scalar else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace(withLines: Bool) {
    while let scalar = current {
      if scalar == "#" {
        while let next = current, next != "\n" { _ = accept(next) }
      } else if scalar == " " || scalar == "\t" || (withLines && (scalar == "\n" || scalar == "\r"))
      {
        position += 1
      } else {
        return
      }
    }
  }

  private mutating func endLine() throws(TOMLError) {
    skipSpace(withLines: false)
    _ = accept("\r")
    guard current == nil || accept("\n") else {
      throw error("something follows where the line should end")
    }
  }

  mutating func document() throws(TOMLError) -> [String: TOMLValue] {
    while true {
      skipSpace(withLines: true)
      guard current != nil else { return root }
      if accept("[") {
        try header()
      } else {
        let key = try keyPath()
        guard accept("=") else { throw error("= is expected after the key") }
        let value = try value(depth: 0)
        let path = table + key
        try placed { (root) throws(String.Problem) in
          try TOMLValue.put(value, at: path[...], in: &root)
        }
      }
      try endLine()
    }
  }

  private mutating func placed(
    _ body: (inout [String: TOMLValue]) throws(String.Problem) -> Void
  ) throws(TOMLError) {
    do throws(String.Problem) {
      try body(&root)
    } catch {
      throw self.error(error.text)
    }
  }

  private mutating func header() throws(TOMLError) {
    let isArray = accept("[")
    table = try keyPath()
    guard accept("]"), !isArray || accept("]") else { throw error("the table's ] is missing") }
    guard isArray else { return }
    let path = table
    try placed { (root) throws(String.Problem) in try TOMLValue.append(at: path[...], in: &root) }
  }

  private mutating func keyPath() throws(TOMLError) -> [String] {
    var path: [String] = []
    repeat {
      skipSpace(withLines: false)
      path.append(try key())
      skipSpace(withLines: false)
    } while accept(".")
    return path
  }

  private mutating func key() throws(TOMLError) -> String {
    if current == "\"" || current == "'" { return try string() }
    var key = ""
    while let scalar = current, scalar.isASCII,
      scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || scalar == "_"
        || scalar == "-"
    {
      key.unicodeScalars.append(scalar)
      position += 1
    }
    guard !key.isEmpty else { throw error("a key is expected") }
    return key
  }

  private mutating func value(depth: Int) throws(TOMLError) -> TOMLValue {
    guard depth < 16 else { throw error("nested too deep") }
    skipSpace(withLines: false)
    switch current {
    case "\"", "'": return .string(try string())
    case "[": return try array(depth: depth)
    case "{": return try inlineTable(depth: depth)
    default: break
    }
    var word = ""
    while let scalar = current, !" \t\r\n,]}#".unicodeScalars.contains(scalar) {
      word.unicodeScalars.append(scalar)
      position += 1
    }
    switch word {
    case "true": return .bool(true)
    case "false": return .bool(false)
    default:
      guard let integer = Int64(word) else { throw error("\"\(word)\" is no value known here") }
      return .integer(integer)
    }
  }

  private mutating func array(depth: Int) throws(TOMLError) -> TOMLValue {
    _ = accept("[")
    var elements: [TOMLValue] = []
    while true {
      skipSpace(withLines: true)
      if accept("]") { return .array(elements) }
      elements.append(try value(depth: depth + 1))
      skipSpace(withLines: true)
      guard accept(",") || current == "]" else { throw error("the array's ] is missing") }
    }
  }

  private mutating func inlineTable(depth: Int) throws(TOMLError) -> TOMLValue {
    _ = accept("{")
    var members: [String: TOMLValue] = [:]
    skipSpace(withLines: false)
    if accept("}") { return .table(members) }
    while true {
      let key = try keyPath()
      guard accept("=") else { throw error("= is expected after the key") }
      let member = try value(depth: depth + 1)
      do throws(String.Problem) {
        try TOMLValue.put(member, at: key[...], in: &members)
      } catch {
        throw self.error(error.text)
      }
      skipSpace(withLines: false)
      if accept("}") { return .table(members) }
      guard accept(",") else { throw error("the table's } is missing") }
    }
  }

  private mutating func string() throws(TOMLError) -> String {
    let isLiteral = current == "'"
    guard let quote = current else { throw error("a string is expected") }
    position += 1
    if accept(quote) {
      guard current != quote else { throw error("strings over several lines are not read here") }
      return ""
    }
    var result = ""
    while let scalar = current, scalar != "\n" {
      position += 1
      if scalar == quote { return result }
      guard scalar == "\\", !isLiteral else {
        result.unicodeScalars.append(scalar)
        continue
      }
      result.unicodeScalars.append(try escape())
    }
    throw error("the string's end is missing")
  }

  private mutating func escape() throws(TOMLError) -> Unicode.Scalar {
    guard let scalar = current else { throw error("the string's end is missing") }
    position += 1
    switch scalar {
    case "\"", "\\": return scalar
    case "b": return "\u{8}"
    case "t": return "\t"
    case "n": return "\n"
    case "f": return "\u{C}"
    case "r": return "\r"
    case "u", "U":
      let count = scalar == "u" ? 4 : 8
      var digits = ""
      digits.unicodeScalars.append(contentsOf: text[position..<min(position + count, text.count)])
      guard digits.count == count, let value = UInt32(digits, radix: 16),
        let escaped = Unicode.Scalar(value)
      else { throw error("the escaped character is none") }
      position += count
      return escaped
    default: throw error("\\\(scalar) is no escape")
    }
  }
}
