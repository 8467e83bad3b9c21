// Feeds the gzip and zstd decoders hostile bytes in reads of hostile sizes. Built by run-image
// together with the sources of the target.

/// Gives out bytes in pieces of one size.
struct FuzzInput: ByteInput {
  var bytes: ArraySlice<UInt8>
  let pieceSize: Int

  mutating func read(into buffer: inout [UInt8]) throws(Never) -> Int {
    let piece = bytes.prefix(min(pieceSize, buffer.count))
    buffer.replaceSubrange(0..<piece.count, with: piece)
    bytes = bytes.dropFirst(piece.count)
    return piece.count
  }
}

/// Decodes one stream by reads whose size the first byte chooses.
///
/// Two sizes must give the same bytes, and both an error or none.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzCodecs(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  guard count > 1 else { return 0 }
  let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  let bytes = input.dropFirst()
  let whole = decoded(bytes, pieceSize: bytes.count)
  let pieces = decoded(bytes, pieceSize: Int(input[0]) + 1)
  precondition(whole.failed == pieces.failed, "the size of the reads decides on an error")
  precondition(
    whole.failed || whole.bytes == pieces.bytes,
    "the size of the reads changed the data",
  )
  return 0
}

func decoded(_ bytes: ArraySlice<UInt8>, pieceSize: Int) -> (bytes: [UInt8], failed: Bool) {
  var stream = DecodedStream(FuzzInput(bytes: bytes, pieceSize: pieceSize), stated: nil)
  var chunk = [UInt8](repeating: 0, count: 4096)
  var all: [UInt8] = []
  do throws(StreamError<Never>) {
    while all.count < 1 << 20 {
      let count = try stream.next(into: &chunk)
      guard count > 0 else { break }
      all += chunk.prefix(count)
    }
    return (all, false)
  } catch {
    return (all, true)
  }
}
