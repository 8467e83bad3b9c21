package import ImageSpec
package import RootedFiles

/// An OCI image layout on disk, which other tools can read.
///
/// Any number of processes may use it at once: see `Lease` for how they keep out of each other's
/// way. Of the files that a layout does not have, `.swimg-*` belong to living processes, and
/// `partial/` holds blobs that are not whole yet.
/// Spec: image-spec image-layout.md.
package struct ContentStore: Sendable {
  package let path: String
  let directory: Directory
  private let blobs: Directory

  /// Temporary names in the store begin so; other tools ignore them.
  static let temporaryPrefix = ".swimg-"

  private init(path: String, directory: Directory, blobs: Directory) {
    self.path = path
    self.directory = directory
    self.blobs = blobs
  }

  /// Opens a store that exists.
  /// - Throws: `noStore` when there is none.
  package init(opening path: String) throws(StoreError) {
    let directory: Directory
    do throws(FileError) {
      directory = try Directory(atPath: path)
    } catch  where error.code == .noEntry || error.code == .notDirectory {
      throw .noStore(path: path)
    } catch {
      throw .file(error)
    }
    if try !ContentStore.hasMarker(directory) {
      guard try !ContentStore.isEmpty(directory) else { throw .noStore(path: path) }
      // It is the first that comes, maybe just now.
      guard try ContentStore.hasMarker(directory) else { throw .notAStore(path: path) }
    }
    guard let blobs = try ContentStore.blobs(of: directory, path) else {
      throw .noStore(path: path)
    }
    self.init(path: path, directory: directory, blobs: blobs)
  }

  /// Opens a store for writing, and makes it where there is none.
  ///
  /// What killed writers left behind is removed.
  /// - Throws: `notAStore` when the directory holds something else.
  package init(creating path: String) throws(StoreError) {
    let directory = try makeStoreDirectory(path)
    if try !ContentStore.isEmpty(directory), try !ContentStore.hasMarker(directory) {
      throw .notAStore(path: path)
    }
    let lock = try ContentStore.lock(path)
    let blobs = try StoreError.wrapping { () throws(FileError) in
      try completeLayout(directory)
    }
    try StoreError.wrapping { () throws(FileError) in try lock.descriptor.synchronize() }
    _ = consume lock
    self.init(path: path, directory: directory, blobs: blobs)
    try removeLeftovers()
  }

  private static func hasMarker(_ directory: Directory) throws(StoreError) -> Bool {
    let marker = try StoreError.wrapping { () throws(FileError) in
      try directory.contents(of: try FileName(Layout.markerName), limit: 4096)
    }
    guard let marker else { return false }
    do throws(DocumentError) {
      try Layout.checkMarker(marker)
    } catch {
      throw .document(subject: Layout.markerName, error)
    }
    return true
  }

  /// The directory of the blobs; nil for a store whose maker was killed before all was there.
  private static func blobs(
    of directory: Directory,
    _ path: String,
  ) throws(StoreError) -> Directory? {
    func look() throws(StoreError) -> Directory? {
      try StoreError.wrapping { () throws(FileError) in
        guard try directory.status(of: try FileName(Layout.indexName)) != nil else { return nil }
        return try directory.openDirectoryIfPresent(try FileName(Layout.blobsName))
      }
    }
    if let blobs = try look() { return blobs }
    // Who is making it holds the lock until all is there.
    let lock = try ContentStore.lock(path)
    defer { withExtendedLifetime(lock) {} }
    return try look()
  }

  /// Whether a directory holds nothing but temporary files of a store that was being made.
  private static func isEmpty(_ directory: Directory) throws(StoreError) -> Bool {
    try StoreError.wrapping { () throws(FileError) in
      try directory.entries().allSatisfy { $0.name.isTemporary || $0.name.isLostAndFound }
    }
  }

  /// The directory of an algorithm's blobs, made on request.
  func blobDirectory(
    _ algorithm: String,
    making: Bool,
  ) throws(StoreError) -> Directory? {
    try StoreError.wrapping { () throws(FileError) in
      let name = try FileName(algorithm)
      if making { return try blobs.makeAndOpenDirectory(name) }
      guard try blobs.status(of: name) != nil else { return nil }
      return try blobs.openDirectory(name)
    }
  }

  /// Opens a blob whose size is as the descriptor says; its content is for the reader to verify.
  /// - Throws: `missing` or `wrongSize`.
  package func openBlob(_ descriptor: Descriptor) throws(StoreError) -> OwnedDescriptor {
    guard let found = try blobSize(descriptor.digest) else { throw .missing(descriptor.digest) }
    guard found == descriptor.size else {
      throw .wrongSize(descriptor.digest, expected: descriptor.size, found: found)
    }
    guard let directory = try blobDirectory(descriptor.digest.algorithm, making: false) else {
      throw .missing(descriptor.digest)
    }
    do throws(FileError) {
      return try directory.openFile(try FileName(descriptor.digest.encoded))
    } catch  where error.code == .noEntry {
      // Removed since its size was asked for.
      throw .missing(descriptor.digest)
    } catch {
      throw .file(error)
    }
  }

  /// The size of a blob; nil when it isn't there.
  package func blobSize(_ digest: Digest) throws(StoreError) -> Int64? {
    try blobStatus(digest)?.size
  }

  /// When a blob was written, in seconds since the epoch; nil when it isn't there.
  package func storedTime(_ digest: Digest) throws(StoreError) -> Int64? {
    try blobStatus(digest)?.modified.seconds
  }

  func blobStatus(_ digest: Digest) throws(StoreError) -> FileStatus? {
    guard let directory = try blobDirectory(digest.algorithm, making: false) else { return nil }
    return try StoreError.wrapping { () throws(FileError) in
      try directory.status(of: try FileName(digest.encoded))
    }
  }
}

extension FileName {
  var isTemporary: Bool { bytes.starts(with: ContentStore.temporaryPrefix.utf8) }

  /// The root of a fresh ext4 file system is as good as empty.
  var isLostAndFound: Bool { bytes.elementsEqual("lost+found".utf8) }
}

/// Makes what a layout lacks.
///
/// The marker comes first, so that a half-made store is known as ours the next time.
/// - Returns: the directory of the blobs.
private func completeLayout(_ directory: Directory) throws(FileError) -> Directory {
  let files = [(Layout.markerName, Layout.marker), (Layout.indexName, Index().document)]
  for (text, document) in files {
    let name = try FileName(text)
    guard try directory.status(of: name) == nil else { continue }
    try directory.replaceFile(name, with: document.compactText)
  }
  return try directory.makeAndOpenDirectory(try FileName(Layout.blobsName))
}

/// Opens the directory of a store, making it and what is missing above it.
private func makeStoreDirectory(_ path: String) throws(StoreError) -> Directory {
  try StoreError.wrapping { () throws(FileError) in
    var missing: [FileName] = []
    var existing = path
    while true {
      do throws(FileError) {
        var directory = try Directory(atPath: existing.isEmpty ? "." : existing)
        for (index, name) in missing.reversed().enumerated() {
          // Images may hold secrets: only the owner looks into the store itself.
          let isStore = index == missing.count - 1
          directory = try directory.makeAndOpenDirectory(name, mode: isStore ? 0o700 : 0o755)
        }
        return directory
      } catch  where error.code == .noEntry && !existing.isEmpty && existing != "/" {
        while existing.hasSuffix("/") && existing != "/" { existing.removeLast() }
        let slash = existing.lastIndex(of: "/")
        let name = slash.map { existing[existing.index(after: $0)...] } ?? existing[...]
        missing.append(try FileName(String(name)))
        existing = slash.map { $0 == existing.startIndex ? "/" : String(existing[..<$0]) } ?? ""
      }
    }
  }
}
