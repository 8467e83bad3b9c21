import Hashing
package import ImageSpec
import RootedFiles

extension ContentStore {
  /// Reads a whole blob and checks its size and digest.
  ///
  /// - Parameters:
  ///   - descriptor: what the blob should be.
  ///   - progress: told the length of each piece that was read.
  /// - Throws: `missing`, `wrongSize`, `wrongContent`, or `interrupted` by a signal.
  package func checkBlob(
    _ descriptor: Descriptor,
    progress: (Int64) -> Void,
  ) throws(StoreError) {
    try readBlob(descriptor) { piece in
      progress(Int64(piece.count))
      return true
    }
  }

  /// Reads a whole blob, piece by piece, and vouches for it at the end.
  ///
  /// - Parameters:
  ///   - descriptor: what the blob should be.
  ///   - take: gets each piece, before the whole is known to be right; false ends the reading.
  /// - Throws: as `checkBlob`, and `wrongContent` when the reading was ended.
  package func readBlob(
    _ descriptor: Descriptor,
    _ take: (Span<UInt8>) -> Bool,
  ) throws(StoreError) {
    guard let algorithm = HashAlgorithm(rawValue: descriptor.digest.algorithm) else {
      throw .unknownAlgorithm(descriptor.digest)
    }
    let file = try openBlob(descriptor)
    var hash = IncrementalHash(algorithm)
    var chunk = [UInt8](repeating: 0, count: 262_144)
    while true {
      try checkInterruption()
      let length = try StoreError.wrapping { () throws(FileError) in try file.read(into: &chunk) }
      // A file that grows meanwhile must not become more than it should be.
      guard length > 0, hash.byteCount + Int64(length) <= descriptor.size else { break }
      hash.update(chunk.span.extracting(first: length))
      guard take(chunk.span.extracting(first: length)) else { break }
    }
    guard hash.finishHexadecimal() == descriptor.digest.encoded else {
      throw .wrongContent(descriptor.digest)
    }
  }

  /// Whether a blob is there as it should be.
  /// - Throws: when it can't be read for another reason than damage.
  package func isSound(
    _ descriptor: Descriptor,
    progress: (Int64) -> Void,
  ) throws(StoreError) -> Bool {
    do throws(StoreError) {
      try checkBlob(descriptor, progress: progress)
      return true
    } catch .missing, .wrongSize, .wrongContent {
      return false
    } catch {
      throw error
    }
  }

  /// Takes a damaged blob out of the store, so that it can come anew.
  ///
  /// - Returns: false when it is gone, or sound by now.
  package func dropDamagedBlob(_ descriptor: Descriptor) throws(StoreError) -> Bool {
    guard let directory = try blobDirectory(descriptor.digest.algorithm, making: false),
      let status = try blobStatus(descriptor.digest)
    else { return false }
    if try isSound(descriptor, progress: { _ in }) { return false }
    // Somebody may have put a good one in its place meanwhile: that one is hardly ever moved.
    guard try blobStatus(descriptor.digest)?.identity == status.identity else { return false }
    guard try Trash(self).take(descriptor.digest, only: status.identity) else { return false }
    try StoreError.wrapping { () throws(FileError) in try directory.descriptor.synchronize() }
    return true
  }
}
