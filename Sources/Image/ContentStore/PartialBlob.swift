import Hashing
import HostProcess
package import ImageSpec
package import RootedFiles

/// The right to write one blob, which one claim in all processes has at a time.
///
/// The blob grows as `partial/ALGORITHM-ENCODED`, whose lock is the claim. Beside it a journal,
/// `….ranges`, tells which bytes are there, so that a later run asks for the rest only. A claim that
/// is dropped, or whose process is killed, leaves both; pruning removes them in the end. Nothing is
/// trusted but the digest of the whole, which `commit` computes.
///
/// To be used by one thread at a time.
package struct BlobClaim: ~Copyable {
  /// What came of a claim.
  package enum Outcome: ~Copyable {
    /// The blob is in the store, with the size that it should have.
    case present
    /// Somebody else is writing it, and the caller did not want to wait, or does not any more.
    case busy
    case claimed(BlobClaim)
  }

  package let descriptor: Descriptor
  private let store: ContentStore
  private let place: Directory
  private let name: FileName
  private let journalName: FileName
  private let file: OwnedDescriptor
  private let journal: OwnedDescriptor
  private var held: ByteRanges
  /// What was written since the last line of the journal.
  private var unrecorded: Range<Int64>?
  /// Hashed as far as the blob came in its order.
  private var hash: IncrementalHash
  private var isDone = false

  /// A kill loses no more than this.
  private static let journalStep: Int64 = 1 << 20

  fileprivate init(
    _ descriptor: Descriptor,
    _ algorithm: HashAlgorithm,
    _ store: ContentStore,
    _ files: consuming PartialFiles,
    held: ByteRanges,
  ) {
    self.descriptor = descriptor
    self.store = store
    place = files.place
    name = files.name
    journalName = files.journalName
    file = files.file
    journal = files.journal
    self.held = held
    hash = IncrementalHash(algorithm)
  }

  deinit {
    guard !isDone else { return }
    do throws(FileError) {
      if let unrecorded { try journal.write(ByteRanges.line(unrecorded).span) }
      // Nothing came: nothing is to be kept.
      if held.ranges.isEmpty { try remove() }
    } catch {
      // What the journal does not tell is asked for again.
    }
  }

  private func remove() throws(FileError) {
    // In this order: once the file is gone, its names are somebody else's.
    try place.unlinkIfPresent(journalName)
    try place.unlink(name)
  }

  /// What has still to be written, in its order; empty when `commit` may follow.
  package var missing: [Range<Int64>] { held.gaps(below: descriptor.size) }

  /// How many bytes are there.
  package var heldBytes: Int64 { held.count }

  /// Opens the file that grows, from its start; it stays the same when the blob is in its place.
  package func openForReading() throws(StoreError) -> OwnedDescriptor {
    try StoreError.wrapping { () throws(FileError) in try place.openFile(name) }
  }

  /// Writes a piece anywhere; pieces in order from the start are hashed on the way.
  /// - Throws: `wrongSize` when it goes beyond the size of the blob.
  package mutating func write(_ bytes: Span<UInt8>, at offset: Int64) throws(StoreError) {
    let (end, overflow) = offset.addingReportingOverflow(Int64(bytes.count))
    guard !overflow, offset >= 0, end <= descriptor.size else {
      throw .wrongSize(descriptor.digest, expected: descriptor.size, found: overflow ? .max : end)
    }
    try StoreError.wrapping { () throws(FileError) in
      try file.write(bytes, at: UInt64(offset))
    }
    if hash.byteCount == offset {
      hash.update(bytes)
    } else if hash.byteCount > offset {
      // What was hashed is no longer what is there: `commit` reads it again.
      hash = IncrementalHash(hash.algorithm)
    }
    held.insert(offset..<end)
    let joined =
      if let last = unrecorded, last.upperBound == offset { last.lowerBound..<end } else {
        offset..<end
      }
    if let last = unrecorded, joined.lowerBound == offset { try record(last) }
    unrecorded = joined
    if joined.count >= BlobClaim.journalStep {
      try record(joined)
      unrecorded = nil
    }
  }

  private func record(_ range: Range<Int64>) throws(StoreError) {
    try StoreError.wrapping { () throws(FileError) in
      try journal.write(ByteRanges.line(range).span)
    }
  }

  /// Forgets all that was written, as when the source turns out to send something else.
  package mutating func restart() throws(StoreError) {
    try StoreError.wrapping { () throws(FileError) in
      try file.truncate(to: 0)
      try journal.truncate(to: 0)
      try journal.seek(to: 0)
    }
    held = ByteRanges()
    unrecorded = nil
    hash = IncrementalHash(hash.algorithm)
  }

  /// Verifies the whole and puts it in its place, safe on the disk.
  ///
  /// - Throws: `wrongSize` when bytes are missing, which are kept for the next run; `wrongContent`
  ///   when the digest differs, and then nothing is kept.
  package consuming func commit() throws(StoreError) {
    guard missing.isEmpty else {
      throw .wrongSize(descriptor.digest, expected: descriptor.size, found: heldBytes)
    }
    let isRight = try digest() == descriptor.digest.encoded
    guard let target = try store.blobDirectory(descriptor.digest.algorithm, making: true) else {
      preconditionFailure("the directory was to be made")
    }
    isDone = true
    try StoreError.wrapping { () throws(FileError) in
      guard isRight else { return try remove() }
      try file.synchronize()
      try file.setMode(0o644)
      try place.rename(name, to: try FileName(descriptor.digest.encoded), in: target)
      try target.descriptor.synchronize()
      // The next to claim the blob, who finds it in its place, may have removed it.
      try place.unlinkIfPresent(journalName)
    }
    guard isRight else { throw .wrongContent(descriptor.digest) }
  }

  /// The digest of all bytes; those that did not come in order are read again.
  private mutating func digest() throws(StoreError) -> String {
    var chunk = [UInt8](repeating: 0, count: 262_144)
    try StoreError.wrapping { () throws(FileError) in
      try file.seek(to: UInt64(hash.byteCount))
    }
    while hash.byteCount < descriptor.size {
      try checkInterruption()
      let length = try StoreError.wrapping { () throws(FileError) in try file.read(into: &chunk) }
      // Shorter than its journal says, as after a loss of power: the digest will tell.
      guard length > 0 else { break }
      hash.update(chunk.span.extracting(first: length))
    }
    var whole = IncrementalHash(hash.algorithm)
    swap(&hash, &whole)
    return whole.finishHexadecimal()
  }
}

func checkInterruption() throws(StoreError) {
  do throws(Interrupted) {
    try Interruption.check()
  } catch {
    throw .interrupted(error)
  }
}

/// The two files of a blob that is being written, the first of them locked.
private struct PartialFiles: ~Copyable {
  let place: Directory
  let name: FileName
  let journalName: FileName
  let file: OwnedDescriptor
  let journal: OwnedDescriptor

  /// Opens or makes them.
  ///
  /// - Returns: nil when somebody else holds them, or has just put the blob in its place.
  init?(_ digest: Digest, in place: Directory) throws(FileError) {
    let text = "\(digest.algorithm)-\(digest.encoded)"
    let name = try FileName(text)
    let journalName = try FileName(text + ContentStore.journalSuffix)
    guard let file = try place.openOrMakeFile(name) else { return nil }
    guard try file.lock(exclusive: true, waiting: false) else { return nil }
    let identity = try file.status().identity
    guard try place.status(of: name)?.identity == identity else { return nil }
    guard let journal = try place.openOrMakeFile(journalName) else { return nil }
    self.place = place
    self.name = name
    self.journalName = journalName
    self.file = file
    self.journal = journal
  }

  /// Which bytes are there of a blob of this size; the journal is cut to what it truly tells.
  func held(size: Int64) throws(FileError) -> ByteRanges {
    // An empty file has no history, whatever journal a kill has left beside it.
    let length = try file.status().size
    if length > size { try file.truncate(to: UInt64(size)) }
    let text = try place.contents(of: journalName, limit: 16 << 20) ?? []
    let held = length == 0 ? ByteRanges() : ByteRanges(journal: text, size: size)
    try journal.truncate(to: 0)
    for range in held.ranges { try journal.write(ByteRanges.line(range).span) }
    return held
  }
}

extension Directory {
  /// - Returns: nil when somebody removed it at the very moment.
  func openOrMakeFile(_ name: FileName) throws(FileError) -> OwnedDescriptor? {
    do throws(FileError) {
      return try createFile(name, mode: 0o600)
    } catch  where error.code == .exists {
      do throws(FileError) {
        return try openFileForUpdate(name)
      } catch  where error.code == .noEntry {
        return nil
      }
    }
  }
}

extension ContentStore {
  /// Blobs that are not whole yet, and the journals beside them; other tools pass them over.
  static let partialName = "partial"
  static let journalSuffix = ".ranges"

  /// The files of a blob in the directory of partial blobs, which is made where it is missing.
  ///
  /// - Returns: nil when somebody else holds them, or has just put the blob in its place.
  private func partialFiles(_ digest: Digest) throws(FileError) -> PartialFiles? {
    let name = try FileName(ContentStore.partialName)
    while true {
      // In a store that is gone itself this fails for good.
      try directory.makeDirectoryIfMissing(name)
      do throws(FileError) {
        return try PartialFiles(digest, in: try directory.openDirectory(name))
      } catch  where error.code == .noEntry {
        // It was empty, and another process has removed it: see removeEmptyPartialDirectory.
      }
    }
  }

  /// Claims a blob that the caller has a lease on.
  func claim(
    _ descriptor: Descriptor,
    waiting: Bool,
    asLongAs isWanted: () -> Bool,
  ) throws(StoreError) -> BlobClaim.Outcome {
    guard let algorithm = HashAlgorithm(rawValue: descriptor.digest.algorithm) else {
      throw .unknownAlgorithm(descriptor.digest)
    }
    var pause = 1
    while true {
      if try blobSize(descriptor.digest) == descriptor.size { return .present }
      let files = try StoreError.wrapping { () throws(FileError) in
        try partialFiles(descriptor.digest)
      }
      if let files {
        // Its writer may have ended between the first look and the lock.
        let isThere = try blobSize(descriptor.digest) == descriptor.size
        let held = try StoreError.wrapping { () throws(FileError) in
          try files.held(size: isThere ? 0 : descriptor.size)
        }
        let claim = BlobClaim(descriptor, algorithm, self, files, held: held)
        // Dropped with nothing in it, its files go.
        return isThere ? .present : .claimed(claim)
      }
      guard waiting, isWanted() else { return .busy }
      do throws(Interrupted) {
        try Interruption.sleep(milliseconds: pause)
      } catch {
        throw .interrupted(error)
      }
      pause = min(2 * pause, 50)
    }
  }
}
