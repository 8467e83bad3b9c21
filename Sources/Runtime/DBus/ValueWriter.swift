/// Turns values into the bytes of a message, little-endian.
///
/// See: D-Bus Specification, "Marshaling (Wire Format)".
struct ValueWriter {
  private(set) var bytes: [UInt8] = []

  mutating func align(to boundary: Int) {
    while bytes.count % boundary != 0 { bytes.append(0) }
  }

  mutating func append(_ value: BusValue) {
    switch value {
    case .byte(let number): bytes.append(number)
    case .boolean(let flag): append(integer: UInt32(flag ? 1 : 0))
    case .int16(let number): append(integer: UInt16(bitPattern: number))
    case .uint16(let number): append(integer: number)
    case .int32(let number): append(integer: UInt32(bitPattern: number))
    case .uint32(let number): append(integer: number)
    case .int64(let number): append(integer: UInt64(bitPattern: number))
    case .uint64(let number): append(integer: number)
    case .double(let number): append(integer: number.bitPattern)
    case .string(let text), .objectPath(let text):
      append(integer: UInt32(text.utf8.count))
      bytes += [UInt8](text.utf8) + [0]
    case .signature(let text): append(signature: text)
    case .array(let element, let values): append(values, of: element[...])
    case .structure(let fields):
      align(to: 8)
      for field in fields { append(field) }
    case .entry(let key, let value):
      align(to: 8)
      append(key)
      append(value)
    case .variant(let value):
      append(signature: value.signature)
      append(value)
    }
  }

  private mutating func append(signature text: String) {
    bytes.append(UInt8(text.utf8.count))
    bytes += [UInt8](text.utf8) + [0]
  }

  private mutating func append(_ values: [BusValue], of element: Substring) {
    append(integer: UInt32(0))
    let lengthPosition = bytes.count - 4
    // The padding before the first element does not count, and is there for none too.
    align(to: BusSignature.alignment(of: element))
    let start = bytes.count
    for value in values { append(value) }
    put(UInt32(bytes.count - start), at: lengthPosition)
  }

  private mutating func append(integer: some FixedWidthInteger) {
    align(to: integer.bitWidth / 8)
    for shift in stride(from: 0, to: integer.bitWidth, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: integer >> shift))
    }
  }

  private mutating func put(_ number: UInt32, at position: Int) {
    for index in 0..<4 {
      bytes[position + index] = UInt8(truncatingIfNeeded: number >> (8 * UInt32(index)))
    }
  }
}
