/// Reads a text once from front to back and fills a tree.
///
/// Spec: RFC 8259, with two liberties that it grants: a limit of size and depth (section 9), and no
/// byte order mark (section 8.1).
struct JSONParser {
  let bytes: [UInt8]
  var position = 0
  private var depth = 0
  private(set) var tree = JSONTree()

  init(bytes: [UInt8]) {
    self.bytes = bytes
  }

  mutating func parseDocument() throws(JSONError) {
    guard bytes.count <= JSONDocument.maximumSize else {
      throw failure("expected at most \(JSONDocument.maximumSize) bytes, found \(bytes.count)")
    }
    // Configurations have about one value in ten bytes.
    tree.records.reserveCapacity(bytes.count / 8 + 8)
    skipSpace()
    try parseValue()
    skipSpace()
    guard position == bytes.count else {
      throw failure("expected the end of the document, found \(found)", in: 0)
    }
  }

  private mutating func parseValue() throws(JSONError) {
    switch current {
    case UInt8(ascii: "\""): try parseString()
    case UInt8(ascii: "{"): try parseObject()
    case UInt8(ascii: "["): try parseArray()
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try parseNumber()
    case UInt8(ascii: "t"): try parseWord("true", .boolean)
    case UInt8(ascii: "f"): try parseWord("false", .boolean)
    case UInt8(ascii: "n"): try parseWord("null", .null)
    default: throw failure("expected a value, found \(found)")
    }
  }

  private mutating func parseObject() throws(JSONError) {
    let object = try open(.object)
    if closes(with: UInt8(ascii: "}"), object) { return }
    repeat {
      skipSpace()
      guard current == UInt8(ascii: "\"") else {
        throw failure("expected a key in double quotes, found \(found)", in: object)
      }
      try parseString()
      skipSpace()
      guard current == UInt8(ascii: ":") else {
        throw failure("expected ':' after the key, found \(found)")
      }
      position += 1
      skipSpace()
      try parseValue()
    } while try continues(until: UInt8(ascii: "}"), object)
  }

  private mutating func parseArray() throws(JSONError) {
    let array = try open(.array)
    if closes(with: UInt8(ascii: "]"), array) { return }
    repeat {
      skipSpace()
      try parseValue()
    } while try continues(until: UInt8(ascii: "]"), array)
  }

  /// Steps over an opening bracket.
  private mutating func open(_ kind: JSONKind) throws(JSONError) -> Int {
    guard depth < JSONDocument.maximumDepth else {
      throw failure("expected at most \(JSONDocument.maximumDepth) levels of nesting")
    }
    depth += 1
    tree.records.append(
      JSONTree.Record(
        start: UInt32(position),
        end: JSONTree.Record.open,
        next: JSONTree.Record.open,
        kind: kind,
        hasEscapes: false,
      )
    )
    position += 1
    skipSpace()
    return tree.records.count - 1
  }

  /// Steps over a closing bracket if it stands here.
  private mutating func closes(with bracket: UInt8, _ container: Int) -> Bool {
    guard current == bracket else { return false }
    position += 1
    depth -= 1
    tree.records[container].end = UInt32(position)
    tree.records[container].next = UInt32(tree.records.count)
    return true
  }

  /// Steps over the comma or the closing bracket that has to follow a value.
  private mutating func continues(
    until bracket: UInt8,
    _ container: Int,
  ) throws(JSONError) -> Bool {
    skipSpace()
    if closes(with: bracket, container) { return false }
    guard current == UInt8(ascii: ",") else {
      let name = String(UnicodeScalar(bracket))
      throw failure("expected ',' or '\(name)', found \(found)", in: container)
    }
    position += 1
    return true
  }

  /// The byte at the position; a NUL at the end, which is right nowhere.
  var current: UInt8 { position < bytes.count ? bytes[position] : 0 }

  private mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return
      }
    }
  }

  /// Adds a value without children that ends before an offset, and steps there.
  mutating func append(_ kind: JSONKind, upTo end: Int, hasEscapes: Bool = false) {
    tree.records.append(
      JSONTree.Record(
        start: UInt32(position),
        end: UInt32(end),
        next: UInt32(tree.records.count + 1),
        kind: kind,
        hasEscapes: hasEscapes,
      )
    )
    position = end
  }

  /// An error at an offset, by default the position.
  ///
  /// It names the value to come, or the given container where it is about the space between values.
  func failure(
    _ expectation: String,
    at offset: Int? = nil,
    in container: Int? = nil,
  ) -> JSONError {
    let offset = offset ?? position
    return JSONError(
      line: bytes.line(at: offset),
      column: bytes.column(at: offset),
      pointer: tree.pointer(to: container ?? tree.records.count, in: bytes),
      expectation: expectation,
    )
  }

  /// What stands at the position, for a message.
  var found: String { described(at: position) }

  /// What stands at an offset, for a message: control characters never reach it as they are.
  func described(at offset: Int) -> String {
    guard offset < bytes.count else { return "the end of the document" }
    let byte = bytes[offset]
    guard (0x20..<0x7F).contains(byte) else {
      let digits = String(byte, radix: 16, uppercase: true)
      return "byte 0x" + (byte < 0x10 ? "0" : "") + digits
    }
    return "'\(UnicodeScalar(byte))'"
  }
}
