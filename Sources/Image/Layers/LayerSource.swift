import Codecs
import Hashing
package import ImageSpec
package import RootedFiles
import Synchronization

/// A blob that is still being written while it is read.
package struct LayerGrowth: Sendable {
  /// Waits until there is something after a position, or the blob is whole.
  ///
  /// Returns false when no more will come.
  let wait: @Sendable (Int64) -> Bool

  package init(wait: @escaping @Sendable (Int64) -> Bool) {
    self.wait = wait
  }
}

/// One layer to apply: an open blob and what the image says about it.
package struct LayerSource: ~Copyable {
  let blob: OwnedDescriptor
  let digest: Digest
  let size: Int64
  let diffID: Digest
  let compression: LayerCompression?
  /// Nil for a blob that is there as a whole.
  package var growth: LayerGrowth?

  /// - Parameters:
  ///   - blob: open for reading, at its start.
  ///   - digest: of the blob as it is.
  ///   - size: of the blob as it is.
  ///   - diffID: the digest of the archive when decompressed.
  ///   - compression: what the media type says; nil when it says nothing.
  package init(
    blob: consuming OwnedDescriptor,
    digest: Digest,
    size: Int64,
    diffID: Digest,
    compression: LayerCompression?,
  ) {
    self.blob = blob
    self.digest = digest
    self.size = size
    self.diffID = diffID
    self.compression = compression
  }
}

/// How many bytes of a blob were read, told from one thread to another.
final class ReadCounter: Sendable {
  private let count = Atomic<Int64>(0)

  var value: Int64 { count.load(ordering: .relaxed) }

  func add(_ bytes: Int) {
    count.add(Int64(bytes), ordering: .relaxed)
  }
}

/// Reads a blob, hashes it on the way and vouches for it at its end.
struct VerifiedBlob: ByteInput, ~Copyable {
  private let blob: OwnedDescriptor
  private let digest: Digest
  private let size: Int64
  private let counter: ReadCounter
  private let growth: LayerGrowth?
  private var hash: IncrementalHash?
  private var seen: Int64 = 0

  init(_ source: consuming LayerSource, counter: ReadCounter) throws(LayerError.Problem) {
    hash = try newHash(for: source.digest)
    digest = source.digest
    size = source.size
    growth = source.growth
    blob = source.blob
    self.counter = counter
  }

  /// - Throws: when the blob is longer than its size, and at its end when size or digest differ.
  mutating func read(into buffer: inout [UInt8]) throws(LayerError.Problem) -> Int {
    if let growth, !growth.wait(seen) { throw .stopped }
    let count: Int
    do throws(FileError) {
      count = try blob.read(into: &buffer)
    } catch {
      throw .blobUnreadable(error)
    }
    seen += Int64(count)
    counter.add(count)
    guard seen <= size else { throw .wrongSize(expected: size, found: seen) }
    if count > 0 {
      hash?.update(buffer.span.extracting(0..<count))
    } else {
      try verify()
    }
    return count
  }

  /// Reads to the end without a use for the data, to learn whether the blob itself is wrong.
  mutating func drain() throws(LayerError.Problem) {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while try read(into: &buffer) > 0 { continue }
  }

  private mutating func verify() throws(LayerError.Problem) {
    guard seen == size else { throw .wrongSize(expected: size, found: seen) }
    guard let hash = hash.take() else { return }
    let found = hash.finishHexadecimal()
    guard found == digest.encoded else { throw .wrongDigest(found: "\(digest.algorithm):\(found)") }
  }
}

func newHash(for digest: Digest) throws(LayerError.Problem) -> IncrementalHash {
  guard let algorithm = HashAlgorithm(rawValue: digest.algorithm) else {
    throw .unsupportedAlgorithm(digest.algorithm)
  }
  return IncrementalHash(algorithm)
}
