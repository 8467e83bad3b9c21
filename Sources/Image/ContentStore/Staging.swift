package import Hashing
package import ImageSpec
package import RootedFiles

/// A place in the store for blobs that are not known to be wanted yet.
///
/// A directory of its own under a lock: what is not committed goes with it, at the end of this
/// value's life or, after a kill, with the next writer of the store. Blobs of the store that it was
/// asked for stay as long as it lasts, so that they need not be written again.
package struct Staging: ~Copyable {
  package let store: ContentStore
  private let lease: Lease
  private let directory: Directory
  private let name: FileName
  private var staged: [Digest: StagedBlob] = [:]
  private var count = 0

  /// - Throws: when the store can't be written.
  package init(_ store: ContentStore) throws(StoreError) {
    let lease = try Lease(store)
    let place = try StoreError.wrapping { () throws(FileError) in
      try store.makeLockedDirectory()
    }
    self.store = store
    self.lease = lease
    (name, directory) = place
  }

  deinit {
    do throws(FileError) {
      try store.directory.removeTree(name)
    } catch {
      // Nothing more can be done here; the next writer removes what is left.
    }
  }

  /// Begins a blob.
  package mutating func makeBlob(_ algorithm: HashAlgorithm) throws(StoreError) -> BlobWriter {
    count += 1
    let number = count
    return try StoreError.wrapping { () throws(FileError) in
      let name = try FileName(String(number))
      return BlobWriter(
        name: name,
        file: try directory.createFile(name, mode: 0o644),
        hash: IncrementalHash(algorithm),
      )
    }
  }

  /// Ends a blob; content that was staged before is not kept twice.
  package mutating func finish(_ writer: consuming BlobWriter) throws(StoreError) -> StagedBlob {
    let blob = try writer.finish()
    guard staged[blob.digest] == nil else {
      try StoreError.wrapping { () throws(FileError) in try directory.unlink(blob.name) }
      return blob
    }
    staged[blob.digest] = blob
    return blob
  }

  /// Stages a document made here.
  package mutating func add(
    _ document: JSONValue,
    mediaType: String,
  ) throws(StoreError) -> Descriptor {
    var writer = try makeBlob(.sha256)
    try writer.write(Array(document.compactText.utf8).span)
    let blob = try finish(writer)
    return Descriptor(mediaType: mediaType, digest: blob.digest, size: blob.size)
  }

  /// The size of a blob, staged or in the store, where it then stays; nil when it is in neither.
  package func blobSize(_ digest: Digest) throws(StoreError) -> Int64? {
    if let blob = staged[digest] { return blob.size }
    try lease.protect([digest])
    return try store.blobSize(digest)
  }

  /// Whether a blob is staged, or in the store with the content that it should have.
  package func hasSound(
    _ descriptor: Descriptor,
    progress: (Int64) -> Void,
  ) throws(StoreError) -> Bool {
    if let blob = staged[descriptor.digest] { return blob.size == descriptor.size }
    try lease.protect([descriptor.digest])
    return try store.isSound(descriptor, progress: progress)
  }

  /// Opens a staged blob for reading.
  package func openStaged(_ blob: StagedBlob) throws(StoreError) -> OwnedDescriptor {
    let name = staged[blob.digest]?.name ?? blob.name
    return try StoreError.wrapping { () throws(FileError) in try directory.openFile(name) }
  }

  /// A whole document, staged or in the store, verified.
  ///
  /// - Returns: nil when it is in neither.
  package func document(_ descriptor: Descriptor) throws(StoreError) -> [UInt8]? {
    guard let blob = staged[descriptor.digest] else {
      return try LeasedStore(store, lease).documentIfPresent(descriptor)
    }
    try checkDocumentSize(descriptor)
    guard blob.size == descriptor.size else {
      throw .wrongSize(descriptor.digest, expected: descriptor.size, found: blob.size)
    }
    return try contents(of: blob)
  }

  /// The bytes of a staged file that the caller knows to be small enough.
  package func contents(of blob: StagedBlob) throws(StoreError) -> [UInt8] {
    guard blob.size <= DocumentLimit.bytes else {
      throw .tooLarge(blob.digest, size: blob.size, limit: DocumentLimit.bytes)
    }
    let name = staged[blob.digest]?.name ?? blob.name
    let bytes = try StoreError.wrapping { () throws(FileError) in
      try directory.contents(of: name, limit: DocumentLimit.bytes)
    }
    guard let bytes else { throw .missing(blob.digest) }
    return bytes
  }

  /// Moves blobs into the store, then makes names stand for their images.
  ///
  /// The blobs are on the disk before the index speaks of them.
  /// - Returns: for each name the digest that it stood for before, if it was another.
  package consuming func commit(
    _ blobs: Set<Digest>,
    names: [(Reference, Descriptor)],
  ) throws(StoreError) -> [Digest?] {
    // Named or not, they must not be swept away before the index speaks of them.
    try lease.protect(blobs)
    var moves: [(from: FileName, to: FileName, in: Directory)] = []
    var targets: [Directory] = []
    for (algorithm, digests) in Dictionary(grouping: blobs, by: \.algorithm) {
      let wanted = digests.compactMap { staged[$0] }
      guard !wanted.isEmpty,
        let target = try store.blobDirectory(algorithm, making: true)
      else { continue }
      targets.append(target)
      for blob in wanted {
        try StoreError.wrapping { () throws(FileError) in
          try directory.openFile(blob.name).synchronize()
          moves.append((blob.name, try FileName(blob.digest.encoded), target))
        }
      }
    }
    let staging = directory
    func move() throws(FileError) {
      for move in moves { try staging.rename(move.from, to: move.to, in: move.in) }
      for target in targets { try target.descriptor.synchronize() }
    }
    return try store.updateIndex(beforehand: move) { index in index.setNames(names) }
  }
}

/// A blob that was written to a staging place.
package struct StagedBlob: Sendable {
  package let digest: Digest
  package let size: Int64
  let name: FileName
}

/// A blob that is being written, hashed on the way.
package struct BlobWriter: ~Copyable {
  private let name: FileName
  private let file: OwnedDescriptor
  private var hash: IncrementalHash

  init(name: FileName, file: consuming OwnedDescriptor, hash: consuming IncrementalHash) {
    self.name = name
    self.file = file
    self.hash = hash
  }

  /// Appends the next piece.
  package mutating func write(_ bytes: Span<UInt8>) throws(StoreError) {
    hash.update(bytes)
    do throws(FileError) {
      try file.write(bytes)
    } catch {
      throw .file(error)
    }
  }

  fileprivate consuming func finish() throws(StoreError) -> StagedBlob {
    let size = hash.byteCount
    let algorithm = hash.algorithm.rawValue
    let encoded = hash.finishHexadecimal()
    do throws(DigestError) {
      let digest = try Digest(algorithm: algorithm, encoded: encoded)
      return StagedBlob(digest: digest, size: size, name: name)
    } catch {
      preconditionFailure("a computed digest is valid")
    }
  }
}
