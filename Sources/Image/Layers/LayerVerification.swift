import Codecs
import Hashing
import ImageSpec

/// Reads a layer to its end and checks the blob's size and digest, its compression and the archive's
/// diff ID, and makes nothing.
///
/// - Parameters:
///   - source: the layer.
///   - limits: against bombs.
///   - progress: is told how many bytes of the blob were read; when it returns false the work stops.
/// - Throws: when the layer is not what it should be.
package func verifyLayer(
  _ source: consuming LayerSource,
  limits: LayerLimits,
  progress: (Int64) -> Bool,
) throws(LayerError) {
  let digest = source.digest
  do throws(LayerError.Problem) {
    try scanLayer(source, limits: limits, progress: progress) { _ in }
  } catch {
    throw LayerError(layer: digest, entry: nil, problem: error)
  }
}

/// Gives the decompressed pieces of a layer to somebody, and vouches for them at the end.
func scanLayer(
  _ source: consuming LayerSource,
  limits: LayerLimits,
  progress: (Int64) -> Bool,
  _ take: (Span<UInt8>) throws(LayerError.Problem) -> Void,
) throws(LayerError.Problem) {
  let diffID = source.diffID
  let blobSize = source.size
  let counter = ReadCounter()
  var hash = try newHash(for: diffID)
  let compression = source.compression.map { Compression($0) }
  let blob = try VerifiedBlob(source, counter: counter)
  var chunks = try ChunkSource(DecodedStream(blob, stated: compression))
  var chunk: [UInt8] = []
  var reported: Int64 = 0
  while true {
    let count = try chunks.next(into: &chunk)
    let read = counter.value
    guard progress(read - reported) else { throw .stopped }
    reported = read
    guard count > 0 else { break }
    let piece = chunk.span.extracting(0..<count)
    hash.update(piece)
    try limits.check(unpacked: UInt64(hash.byteCount), blobSize: blobSize)
    try take(piece)
  }
  let found = hash.finishHexadecimal()
  guard found == diffID.encoded else {
    throw .wrongDiffID(expected: "\(diffID)", found: "\(diffID.algorithm):\(found)")
  }
}
