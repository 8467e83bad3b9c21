/// Reads values out of a message, of which nothing is believed.
///
/// Every length is held against what is left before it is used; nothing is set aside for a length
/// that has not been seen.
///
/// See: D-Bus Specification, "Marshaling (Wire Format)".
struct ValueReader {
  private let bytes: [UInt8]
  private let isBigEndian: Bool
  private(set) var position: Int

  init(_ bytes: [UInt8], isBigEndian: Bool, from position: Int = 0) {
    self.bytes = bytes
    self.isBigEndian = isBigEndian
    self.position = position
  }

  var isAtEnd: Bool { position >= bytes.count }

  mutating func align(to boundary: Int) throws(BusError) {
    let padding = (boundary - position % boundary) % boundary
    for byte in try take(padding) where byte != 0 { throw .malformed("padding that is not zero") }
  }

  /// Reads a value of one complete type.
  mutating func value(of type: Substring, depth: Int = 0) throws(BusError) -> BusValue {
    guard depth <= BusSignature.deepest else { throw .malformed("values nest too deeply") }
    switch type.first {
    case "y": return .byte(try integer())
    case "b": return .boolean(try boolean())
    case "n": return .int16(Int16(bitPattern: try integer()))
    case "q": return .uint16(try integer())
    case "i": return .int32(Int32(bitPattern: try integer()))
    case "u": return .uint32(try integer())
    case "x": return .int64(Int64(bitPattern: try integer()))
    case "t": return .uint64(try integer())
    case "d": return .double(Double(bitPattern: try integer()))
    case "s": return .string(try text(length: Int(try integer() as UInt32)))
    case "o": return .objectPath(try text(length: Int(try integer() as UInt32)))
    case "g": return .signature(try text(length: Int(try integer() as UInt8)))
    case "v": return .variant(try variant(depth: depth + 1))
    case "a": return try array(of: type.dropFirst(), depth: depth + 1)
    case "(": return .structure(try fields(type, depth: depth + 1))
    case "{":
      let pair = try fields(type, depth: depth + 1)
      guard pair.count == 2 else { throw .malformed("an entry of \(pair.count) values") }
      return .entry(key: pair[0], value: pair[1])
    default: throw .malformed("a value of type \"\(type)\"")
    }
  }

  private mutating func boolean() throws(BusError) -> Bool {
    let number: UInt32 = try integer()
    guard number <= 1 else { throw .malformed("\(number) as a boolean") }
    return number == 1
  }

  private mutating func text(length: Int) throws(BusError) -> String {
    let content = try take(length)
    guard try take(1).first == 0, !content.contains(0) else {
      throw .malformed("a string that is not ended where it should be")
    }
    guard let text = String(validating: content, as: UTF8.self) else {
      throw .malformed("a string that is not UTF-8")
    }
    return text
  }

  private mutating func variant(depth: Int) throws(BusError) -> BusValue {
    let signature = try text(length: Int(try integer() as UInt8))
    guard let types = BusSignature.types(in: signature), types.count == 1 else {
      throw .malformed("a variant of type \"\(signature)\"")
    }
    return try value(of: types[0], depth: depth)
  }

  private mutating func array(of element: Substring, depth: Int) throws(BusError) -> BusValue {
    let length = Int(try integer() as UInt32)
    try align(to: BusSignature.alignment(of: element))
    guard length <= bytes.count - position else {
      throw .malformed("an array of \(length) bytes, with \(bytes.count - position) left")
    }
    let end = position + length
    var values: [BusValue] = []
    while position < end { values.append(try value(of: element, depth: depth)) }
    guard position == end else { throw .malformed("an array whose last value exceeds it") }
    return .array(of: String(element), values)
  }

  private mutating func fields(_ type: Substring, depth: Int) throws(BusError) -> [BusValue] {
    try align(to: 8)
    guard let types = BusSignature.types(in: String(type.dropFirst().dropLast())) else {
      throw .malformed("a value of type \"\(type)\"")
    }
    var list: [BusValue] = []
    for type in types { list.append(try value(of: type, depth: depth)) }
    return list
  }

  private mutating func integer<Number: FixedWidthInteger>() throws(BusError) -> Number {
    let size = Number.bitWidth / 8
    try align(to: size)
    let part = try take(size)
    let ordered = isBigEndian ? Array(part) : part.reversed()
    return ordered.reduce(0) { size == 1 ? Number($1) : $0 << 8 | Number($1) }
  }

  private mutating func take(_ count: Int) throws(BusError) -> ArraySlice<UInt8> {
    guard count <= bytes.count - position else {
      throw .malformed("\(count) bytes wanted, with \(bytes.count - position) left")
    }
    defer { position += count }
    return bytes[position..<(position + count)]
  }
}
