/// A stretch of a sparse file that has data.
struct SparsePiece: Equatable {
  let offset: UInt64
  let length: UInt64
}

/// Checks that pieces follow each other inside the file and use up the data that the archive has.
///
/// Spec: GNU tar manual, "Storing Sparse Files".
func validated(
  _ pieces: [SparsePiece],
  realSize: UInt64,
  dataSize: UInt64,
) throws(ArchiveError.Reason) -> [SparsePiece] {
  var end: UInt64 = 0
  var total: UInt64 = 0
  for piece in pieces {
    guard piece.offset >= end else { throw .badSparseMap("pieces overlap or are out of order") }
    let (next, overflow) = piece.offset.addingReportingOverflow(piece.length)
    guard !overflow, next <= realSize else {
      throw .badSparseMap("a piece reaches beyond the end of the file")
    }
    end = next
    total += piece.length
  }
  guard total == dataSize else { throw .badSparseMap("pieces and data differ in length") }
  return pieces
}

/// Reads the map that PAX format 1.0 puts before the data: decimal numbers, one a line, filled up
/// to a whole block.
struct SparseMapReader {
  private var numbers: [UInt64] = []
  private var current: UInt64?
  private var bytesInBlock = 0
  private let limit: Int

  init(limit: Int) {
    self.limit = limit
  }

  /// The pieces, once the last byte of the map's last block was read.
  var pieces: [SparsePiece]? {
    guard isComplete, bytesInBlock == 0 else { return nil }
    return pairs(numbers.dropFirst())
  }

  private var isComplete: Bool {
    guard let count = numbers.first else { return false }
    return UInt64(numbers.count) == count * 2 + 1
  }

  mutating func read(_ byte: UInt8) throws(ArchiveError.Reason) {
    bytesInBlock = (bytesInBlock + 1) % HeaderBlock.length
    guard !isComplete else { return }
    if byte == 0x0A {
      guard let number = current else { throw .badSparseMap("an empty line") }
      numbers.append(number)
      current = nil
      guard numbers[0] <= UInt64(limit) else {
        throw .tooLarge(what: "the number of sparse pieces", limit: limit)
      }
      return
    }
    guard let number = appended(byte, to: current ?? 0) else {
      throw .badSparseMap("not a number")
    }
    current = number
  }
}

/// Joins alternating offsets and lengths.
func pairs(_ numbers: some Sequence<UInt64>) -> [SparsePiece] {
  var pieces: [SparsePiece] = []
  var iterator = numbers.makeIterator()
  while let offset = iterator.next(), let length = iterator.next() {
    pieces.append(SparsePiece(offset: offset, length: length))
  }
  return pieces
}

/// A decimal number with one more digit, nil when it isn't one or the number is too large.
func appended(_ digit: UInt8, to number: UInt64) -> UInt64? {
  guard (0x30...0x39).contains(digit) else { return nil }
  let (tens, overflow) = number.multipliedReportingOverflow(by: 10)
  let (sum, carry) = tens.addingReportingOverflow(UInt64(digit - 0x30))
  return overflow || carry ? nil : sum
}
