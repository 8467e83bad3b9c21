// The notations that records of extended headers use for values.

extension UInt64 {
  /// Digits only: no sign, no space.
  init?(_ digits: some Collection<UInt8>) {
    guard !digits.isEmpty else { return nil }
    var value: UInt64 = 0
    for digit in digits {
      guard let next = appended(digit, to: value) else { return nil }
      value = next
    }
    self = value
  }
}

extension Int {
  init?(_ digits: some Collection<UInt8>) {
    guard let value = UInt64(digits) else { return nil }
    self.init(exactly: value)
  }
}

extension Timestamp {
  /// Seconds in decimal, perhaps with a sign and a fraction; digits beyond nanoseconds are cut.
  init?(paxValue: [UInt8]) {
    let isNegative = paxValue.first == 0x2D
    let parts = paxValue.dropFirst(isNegative ? 1 : 0)
      .split(separator: 0x2E, maxSplits: 1, omittingEmptySubsequences: false)
    guard let whole = UInt64(parts[0]), let seconds = Int64(exactly: whole) else { return nil }
    var nanoseconds = 0
    if parts.count == 2 {
      guard parts[1].allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
      let digits = parts[1].prefix(9) + repeatElement(0x30, count: max(0, 9 - parts[1].count))
      nanoseconds = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }
    if isNegative, nanoseconds > 0 {
      self.init(seconds: -seconds - 1, nanoseconds: 1_000_000_000 - nanoseconds)
    } else {
      self.init(seconds: isNegative ? -seconds : seconds, nanoseconds: nanoseconds)
    }
  }
}

extension [UInt8] {
  func dropping(prefix: String) -> [UInt8]? {
    starts(with: prefix.utf8) ? Array(dropFirst(prefix.utf8.count)) : nil
  }
}

func percentDecoded(_ text: [UInt8]) throws(ArchiveError.Reason) -> [UInt8] {
  var decoded: [UInt8] = []
  var rest = text[...]
  while let byte = rest.popFirst() {
    guard byte == 0x25 else {
      decoded.append(byte)
      continue
    }
    guard let high = rest.popFirst().flatMap(hexDigit), let low = rest.popFirst().flatMap(hexDigit)
    else { throw .badExtendedHeader("bad percent sign in the name of an attribute") }
    decoded.append(high << 4 | low)
  }
  return decoded
}

func hexDigit(_ byte: UInt8) -> UInt8? {
  switch byte {
  case 0x30...0x39: byte - 0x30
  case 0x41...0x46: byte - 0x41 + 10
  case 0x61...0x66: byte - 0x61 + 10
  default: nil
  }
}

/// Base64 with or without its padding, as libarchive writes it.
func base64Decoded(_ text: [UInt8]) throws(ArchiveError.Reason) -> [UInt8] {
  var decoded: [UInt8] = []
  var bits: UInt32 = 0
  var bitCount = 0
  for byte in text.reversed().drop(while: { $0 == 0x3D }).reversed() {
    guard let value = base64Digit(byte) else {
      throw .badExtendedHeader("the value of an attribute is not base64")
    }
    bits = bits << 6 | UInt32(value)
    bitCount += 6
    if bitCount >= 8 {
      bitCount -= 8
      decoded.append(UInt8(truncatingIfNeeded: bits >> UInt32(bitCount)))
    }
  }
  return decoded
}

func base64Digit(_ byte: UInt8) -> UInt8? {
  switch byte {
  case 0x41...0x5A: byte - 0x41
  case 0x61...0x7A: byte - 0x61 + 26
  case 0x30...0x39: byte - 0x30 + 52
  case 0x2B: 62
  case 0x2F: 63
  default: nil
  }
}
