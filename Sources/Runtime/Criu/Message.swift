/// Writes the wire format of Protocol Buffers, as far as CRIU's messages need it.
///
/// A field is its number and wire type as one varint, then a varint, or a length and bytes.
struct MessageWriter {
  private(set) var bytes: [UInt8] = []

  mutating func integer(_ field: UInt64, _ value: UInt64) {
    varint(field << 3 | WireType.varint)
    varint(value)
  }

  /// A signed 32-bit integer: a negative one takes ten bytes.
  mutating func integer(_ field: UInt64, _ value: Int32) {
    integer(field, UInt64(bitPattern: Int64(value)))
  }

  /// Written only when true: every flag of CRIU's is false by default.
  mutating func flag(_ field: UInt64, _ value: Bool) {
    if value { integer(field, UInt64(1)) }
  }

  mutating func text(_ field: UInt64, _ value: String) {
    block(field, [UInt8](value.utf8))
  }

  /// Written only where there is one.
  mutating func text(_ field: UInt64, ifAny value: String?) {
    if let value { text(field, value) }
  }

  mutating func message(_ field: UInt64, _ build: (inout MessageWriter) -> Void) {
    var inner = MessageWriter()
    build(&inner)
    block(field, inner.bytes)
  }

  private mutating func block(_ field: UInt64, _ content: [UInt8]) {
    varint(field << 3 | WireType.block)
    varint(UInt64(content.count))
    bytes += content
  }

  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}

/// The fields of one message of CRIU's; of a field that comes twice the last counts.
struct MessageFields {
  private var integers: [UInt64: UInt64] = [:]
  private var blocks: [UInt64: [UInt8]] = [:]

  /// Reads a message; nil when it is cut short or is none.
  init?(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      guard let key = rest.popVarint() else { return nil }
      switch key & 7 {
      case WireType.varint:
        guard let value = rest.popVarint() else { return nil }
        integers[key >> 3] = value
      case WireType.block:
        guard let count = rest.popVarint(), count <= UInt64(rest.count) else { return nil }
        blocks[key >> 3] = Array(rest.prefix(Int(count)))
        rest = rest.dropFirst(Int(count))
      case WireType.eightBytes, WireType.fourBytes:
        let count = key & 7 == WireType.eightBytes ? 8 : 4
        guard rest.count >= count else { return nil }
        rest = rest.dropFirst(count)
      default: return nil
      }
    }
  }

  func integer(_ field: UInt64) -> Int32? {
    integers[field].map { Int32(truncatingIfNeeded: $0) }
  }

  func flag(_ field: UInt64) -> Bool { integers[field] ?? 0 != 0 }

  func text(_ field: UInt64) -> String? {
    blocks[field].map { String(decoding: $0, as: UTF8.self) }
  }

  func message(_ field: UInt64) -> MessageFields? {
    blocks[field].flatMap(MessageFields.init)
  }
}

private enum WireType {
  static let varint: UInt64 = 0
  static let eightBytes: UInt64 = 1
  static let block: UInt64 = 2
  static let fourBytes: UInt64 = 5
}

extension ArraySlice<UInt8> {
  fileprivate mutating func popVarint() -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard let byte = popFirst() else { return nil }
      value |= UInt64(byte & 0x7f) << shift
      if byte & 0x80 == 0 { return value }
    }
    return nil
  }
}
