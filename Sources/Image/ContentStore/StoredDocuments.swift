import Hashing
package import ImageSpec
import RootedFiles

extension ContentStore {
  /// A whole document, its size and digest verified.
  package func document(_ descriptor: Descriptor) throws(StoreError) -> [UInt8] {
    try checkDocumentSize(descriptor)
    guard let algorithm = HashAlgorithm(rawValue: descriptor.digest.algorithm) else {
      throw .unknownAlgorithm(descriptor.digest)
    }
    // Its size is right, or it isn't opened.
    _ = try openBlob(descriptor)
    guard let directory = try blobDirectory(descriptor.digest.algorithm, making: false) else {
      throw .missing(descriptor.digest)
    }
    let bytes = try StoreError.wrapping { () throws(FileError) in
      try directory.contents(
        of: try FileName(descriptor.digest.encoded),
        limit: DocumentLimit.bytes,
      )
    }
    guard let bytes else { throw .missing(descriptor.digest) }
    let encoded = IncrementalHash.hexadecimal(of: bytes, algorithm: algorithm)
    guard encoded == descriptor.digest.encoded else {
      let found = try digest(algorithm, encoded)
      throw .wrongDigest(expected: descriptor.digest, found: found)
    }
    return bytes
  }

  private func digest(
    _ algorithm: HashAlgorithm,
    _ encoded: String,
  ) throws(StoreError) -> Digest {
    do throws(DigestError) {
      return try Digest(algorithm: algorithm.rawValue, encoded: encoded)
    } catch {
      preconditionFailure("a computed digest is valid")
    }
  }
}

func checkDocumentSize(_ descriptor: Descriptor) throws(StoreError) {
  guard descriptor.size <= DocumentLimit.bytes else {
    throw .tooLarge(descriptor.digest, size: descriptor.size, limit: DocumentLimit.bytes)
  }
}
