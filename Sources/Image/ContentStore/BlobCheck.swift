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
    guard let algorithm = HashAlgorithm(rawValue: descriptor.digest.algorithm) else {
      throw .unknownAlgorithm(descriptor.digest)
    }
    let file = try openBlob(descriptor)
    var hash = IncrementalHash(algorithm)
    var chunk = [UInt8](repeating: 0, count: 262_144)
    while true {
      try checkInterruption()
      let length = try StoreError.wrapping { () throws(FileError) in try file.read(into: &chunk) }
      guard length > 0 else { break }
      hash.update(chunk.span.extracting(first: length))
      progress(Int64(length))
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
    return try StoreError.wrapping { () throws(FileError) in
      let name = try FileName(descriptor.digest.encoded)
      // Somebody may have put a good one in its place meanwhile.
      guard try directory.status(of: name)?.identity == status.identity else { return false }
      try directory.unlink(name)
      try directory.descriptor.synchronize()
      return true
    }
  }
}
