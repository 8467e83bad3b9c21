// Feeds the tar reader hostile bytes in pieces of hostile sizes. Built by run-image together with the
// sources of the target, so that the reader's arithmetic traps and the sanitizer see everything.

/// Reads one archive in pieces whose size the first byte chooses.
///
/// Whatever it holds, the events must be in order, stay inside their piece, and be the same for any
/// size of the pieces.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzArchive(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  guard count > 1 else { return 0 }
  let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  let bytes = withRepairedChecksums(Array(input.dropFirst()))
  let whole = outcome(of: bytes, pieceSize: bytes.count)
  let pieces = outcome(of: bytes, pieceSize: Int(input[0]) * 3 + 1)
  precondition(whole == pieces, "the size of the pieces changed the outcome")
  return 0
}

struct Outcome: Equatable {
  var entries: [Entry] = []
  var dataBytes: UInt64 = 0
  var ends = 0
  var failure: ArchiveError?
}

func outcome(of bytes: [UInt8], pieceSize: Int) -> Outcome {
  let limits = ArchiveLimits(
    nameLength: 4096,
    extendedHeaderLength: 65_536,
    entryCount: 1000,
    sparsePieceCount: 1000,
  )
  var reader = ArchiveReader(limits: limits)
  var result = Outcome()
  do throws(ArchiveError) {
    var start = 0
    while start < bytes.count {
      let piece = Array(bytes[start..<min(start + pieceSize, bytes.count)])
      start += piece.count
      var position = 0
      while let event = try reader.next(in: piece.span, at: &position) {
        record(event, piece.count, &result)
      }
      precondition(position == piece.count, "a piece was not used up")
    }
    try reader.finish()
    precondition(result.entries.count == result.ends, "an entry did not end")
  } catch {
    result.failure = error
  }
  return result
}

func record(_ event: ArchiveReader.Event, _ pieceSize: Int, _ result: inout Outcome) {
  switch event {
  case .entry(let entry):
    precondition(result.entries.count == result.ends, "an entry began inside another")
    precondition(!entry.path.isEmpty && !entry.path.contains(0), "a name that is none")
    precondition(entry.kind == .regular || entry.size == 0, "data where none can be")
    result.entries.append(entry)
  case .data(let range, let offset):
    precondition(!range.isEmpty && range.upperBound <= pieceSize, "data outside of its piece")
    let size = result.entries.last?.size ?? 0
    precondition(offset + UInt64(range.count) <= size, "data beyond the end of its file")
    result.dataBytes += UInt64(range.count)
  case .endOfEntry:
    result.ends += 1
  }
}

/// A fuzzer does not guess checksums: every block that looks like a header gets the right one.
func withRepairedChecksums(_ bytes: [UInt8]) -> [UInt8] {
  var bytes = bytes
  for start in stride(from: 0, through: bytes.count - 512, by: 512) where bytes[start + 148] == 0x30
  {
    var sum = 8 * 0x20
    for index in start..<(start + 512) where !(148..<156).contains(index - start) {
      sum += Int(bytes[index])
    }
    for place in 0..<6 {
      bytes[start + 153 - place] = 0x30 + UInt8(sum >> (3 * place) & 7)
    }
    bytes[start + 154] = 0
  }
  return bytes
}
