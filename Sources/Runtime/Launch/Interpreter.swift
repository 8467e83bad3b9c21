import Kernel

/// The program that a file names for the kernel to run in its place: of a script, or of an executable
/// that is linked with libraries.
///
/// If it is missing execve(2) says ENOENT, as if the file itself were not there.
struct Interpreter: Equatable {
  let path: String

  /// Finds it in the first bytes of a file; nil where there is none, or none within them.
  init?(head: [UInt8]) {
    if head.starts(with: "#!".utf8) {
      self.init(script: head.dropFirst(2))
    } else {
      self.init(elf: head)
    }
  }

  /// See: execve(2), "Interpreter scripts".
  private init?(script: ArraySlice<UInt8>) {
    let isBlank: (UInt8) -> Bool = { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    let line = script.prefix { $0 != UInt8(ascii: "\n") && $0 != 0 }.drop(while: isBlank)
    let name = line.prefix { !isBlank($0) }
    guard !name.isEmpty else { return nil }
    path = String(decoding: name, as: UTF8.self)
  }

  /// See: elf(5), PT_INTERP; of 64 bits and the byte order of the machines that this runs on.
  private init?(elf head: [UInt8]) {
    guard head.starts(with: [0x7F, 0x45, 0x4C, 0x46, 2, 1]),
      let table = head.number(at: 32, count: 8), let size = head.number(at: 54, count: 2),
      let count = head.number(at: 56, count: 2)
    else { return nil }
    for index in 0..<count {
      let (entry, overflow) = table.addingReportingOverflow(index * size)
      guard !overflow, let type = head.number(at: entry, count: 4) else { return nil }
      guard type == 3 else { continue }
      guard let start = head.number(at: entry.saturating(adding: 8), count: 8),
        let length = head.number(at: entry.saturating(adding: 32), count: 8),
        start < head.count, length < head.count, start + length <= head.count
      else { return nil }
      path = String(decoding: head[start..<(start + length)].prefix { $0 != 0 }, as: UTF8.self)
      return
    }
    return nil
  }
}

extension Int {
  fileprivate func saturating(adding other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}

extension [UInt8] {
  /// A number, the lowest byte first; nil where it is not all there, or no number of ours.
  fileprivate func number(at offset: Int, count length: Int) -> Int? {
    guard offset >= 0, offset < count, count - offset >= length else { return nil }
    let value = self[offset..<(offset + length)].reversed().reduce(UInt64(0)) {
      $0 << 8 | UInt64($1)
    }
    return Int(exactly: value)
  }
}
