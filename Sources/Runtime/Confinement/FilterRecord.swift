/// Everything that the compiled program depends on.
package struct FilterKey: Equatable, Sendable {
  /// The parts, kept apart by the record's own lengths.
  let text: [UInt8]

  /// - Parameters:
  ///   - source: the seccomp section exactly as it stands in the document.
  ///   - compiler: what compiled it: architecture, version of the library.
  package init(source: [UInt8], compiler: String) {
    text = Array(compiler.utf8) + [0] + source
  }

  /// A name for the key's file: not unique, so the file holds the key itself too.
  var fileName: String {
    let digits = String(checksum(text), radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }
}

/// A stored filter: magic, version, lengths, checksum of the program, the key's text, the program.
enum FilterRecord {
  /// No program is over 32 KiB; a section of config.json over this is not worth keeping.
  static let longest = 1 << 20

  /// The last two digits are the version of this format and of what is compiled from a profile:
  /// raise it whenever the compiler's result for the same text changes.
  private static let magic = Array("swrun-bpf-01\n\0\0\0".utf8)

  private static let headLength = magic.count + 3 * 8

  static func bytes(of program: [UInt8], for key: FilterKey) -> [UInt8] {
    var bytes = magic
    bytes.reserveCapacity(headLength + key.text.count + program.count)
    for number in [UInt64(key.text.count), UInt64(program.count), checksum(program)] {
      for shift in stride(from: 0, to: 64, by: 8) {
        bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(shift)))
      }
    }
    return bytes + key.text + program
  }

  /// The program, if the bytes are a whole record of this very key.
  static func program(in bytes: [UInt8], for key: FilterKey) -> [UInt8]? {
    guard bytes.count > headLength, bytes.starts(with: magic) else { return nil }
    let numbers = (0..<3).map { index in
      (0..<8).reduce(UInt64(0)) { number, byte in
        number | UInt64(bytes[magic.count + index * 8 + byte]) << UInt64(byte * 8)
      }
    }
    let programStart = headLength + key.text.count
    guard numbers[0] == UInt64(key.text.count),
      numbers[1] == UInt64(max(0, bytes.count - programStart)), numbers[1] > 0, numbers[1] % 8 == 0,
      bytes[headLength..<programStart].elementsEqual(key.text)
    else { return nil }
    let program = Array(bytes[programStart...])
    return checksum(program) == numbers[2] ? program : nil
  }
}

/// FNV-1a: tells torn files from whole ones; trust comes from the file's owner, not from this.
private func checksum(_ bytes: [UInt8]) -> UInt64 {
  var hash: UInt64 = 0xcbf2_9ce4_8422_2325
  for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
  return hash
}
