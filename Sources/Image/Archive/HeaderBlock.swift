/// The fields of one 512-byte header, in the ustar, GNU, star and V7 variants.
///
/// Spec: POSIX.1-2017 pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format".
struct HeaderBlock {
  static let length = 512

  enum Format {
    case v7
    case ustar
    case star
    case gnu
  }

  /// Why a field cannot be read; the reader adds the place.
  typealias Reason = ArchiveError.Reason

  var bytes = [UInt8](repeating: 0, count: HeaderBlock.length)

  var isZero: Bool { !bytes.contains { $0 != 0 } }

  var type: UInt8 { bytes[156] }

  var format: Format {
    if field(257, 8).elementsEqual("ustar  \0".utf8) { return .gnu }
    guard field(257, 6).elementsEqual("ustar\0".utf8) else { return .v7 }
    return field(508, 4).elementsEqual("tar\0".utf8) ? .star : .ustar
  }

  /// The name with the prefix that ustar splits off.
  var path: [UInt8] {
    let name = text(0, 100)
    let prefix =
      switch format {
      case .ustar: text(345, 155)
      case .star: text(345, 131)
      case .v7, .gnu: text(345, 0)
      }
    return prefix.isEmpty ? Array(name) : prefix + [0x2F] + name
  }

  var linkTarget: [UInt8] { Array(text(157, 100)) }

  func mode() throws(Reason) -> UInt32 {
    UInt32(truncatingIfNeeded: try number(100, 8, "mode")) & 0o7777
  }

  func uid() throws(Reason) -> UInt64 { try natural(108, 8, "uid") }

  func gid() throws(Reason) -> UInt64 { try natural(116, 8, "gid") }

  func size() throws(Reason) -> UInt64 { try natural(124, 12, "size") }

  func modified() throws(Reason) -> Timestamp {
    Timestamp(seconds: try number(136, 12, "modification time"))
  }

  func deviceMajor() throws(Reason) -> UInt32 { try device(329, "device major") }

  func deviceMinor() throws(Reason) -> UInt32 { try device(337, "device minor") }

  /// - Throws: when the sum of all bytes is not what the header says, neither with unsigned nor, as
  ///   some old programs counted, with signed bytes.
  func verifyChecksum() throws(Reason) {
    var unsigned: Int64 = 0
    var signed: Int64 = 0
    for index in 0..<HeaderBlock.length {
      let byte = (148..<156).contains(index) ? 0x20 : bytes[index]
      unsigned += Int64(byte)
      signed += Int64(Int8(bitPattern: byte))
    }
    let stated = try number(148, 8, "checksum")
    guard stated == unsigned || stated == signed else { throw .checksumMismatch }
  }

  var sparseMapContinues: Bool { bytes[482] != 0 }

  var continuationContinues: Bool { bytes[504] != 0 }

  func sparseRealSize() throws(Reason) -> UInt64 { try natural(483, 12, "sparse size") }

  /// The pieces in the main header, four at most.
  func sparsePieces() throws(Reason) -> [SparsePiece] { try pieces(at: 386, count: 4) }

  /// The pieces in a continuation block, 21 at most.
  func continuationPieces() throws(Reason) -> [SparsePiece] { try pieces(at: 0, count: 21) }

  private func pieces(at start: Int, count: Int) throws(Reason) -> [SparsePiece] {
    var pieces: [SparsePiece] = []
    for index in 0..<count {
      let place = start + index * 24
      guard bytes[place + 12] != 0 else { break }
      pieces.append(
        SparsePiece(
          offset: try natural(place, 12, "sparse offset"),
          length: try natural(place + 12, 12, "sparse length"),
        )
      )
    }
    return pieces
  }

  private func field(_ start: Int, _ length: Int) -> ArraySlice<UInt8> {
    bytes[start..<(start + length)]
  }

  private func text(_ start: Int, _ length: Int) -> ArraySlice<UInt8> {
    field(start, length).prefix { $0 != 0 }
  }

  private func natural(_ start: Int, _ length: Int, _ name: String) throws(Reason) -> UInt64 {
    guard let value = UInt64(exactly: try number(start, length, name)) else {
      throw .negative(field: name)
    }
    return value
  }

  private func device(_ start: Int, _ name: String) throws(Reason) -> UInt32 {
    guard let value = UInt32(exactly: try natural(start, 8, name)) else {
      throw .badNumber(field: name)
    }
    return value
  }

  private func number(_ start: Int, _ length: Int, _ name: String) throws(Reason) -> Int64 {
    let field = field(start, length)
    let value = bytes[start] & 0x80 == 0 ? octal(field) : base256(field)
    guard let value else { throw .badNumber(field: name) }
    return value
  }

  private func octal(_ field: ArraySlice<UInt8>) -> Int64? {
    var value: Int64 = 0
    for byte in field.drop(while: { $0 == 0x20 || $0 == 0 }) {
      if byte == 0x20 || byte == 0 { break }
      guard (0x30...0x37).contains(byte), value >> 60 == 0 else { return nil }
      value = value << 3 | Int64(byte - 0x30)
    }
    return value
  }

  /// Two's complement, big-endian, after the top bit that marks it.
  private func base256(_ field: ArraySlice<UInt8>) -> Int64? {
    guard let first = field.first else { return nil }
    let isNegative = first & 0x40 != 0
    var value: Int64 = isNegative ? -1 : 0
    for (index, byte) in field.enumerated() {
      let byte = index == 0 ? (isNegative ? byte | 0x80 : byte & 0x7F) : byte
      guard value >> 55 == (isNegative ? -1 : 0) else { return nil }
      value = value << 8 | Int64(byte)
    }
    return value
  }
}
