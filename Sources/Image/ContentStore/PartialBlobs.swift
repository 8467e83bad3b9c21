package import ImageSpec
import RootedFiles

extension ContentStore {
  /// Removes partial blobs that nobody is writing.
  ///
  /// - Parameters:
  ///   - latest: those that were written to later stay; in seconds since the epoch.
  ///   - isDryRun: whether to remove nothing.
  /// - Returns: what went, or would go.
  /// - Throws: when the store can't be written.
  package func prunePartialBlobs(
    storedBefore latest: Int64,
    isDryRun: Bool,
  ) throws(StoreError) -> [PartialBlob] {
    var pruned: [PartialBlob] = []
    for blob in try partialBlobs() where blob.modified <= latest && !blob.isInUse {
      let isGone = isDryRun ? true : try removePartial(blob)
      if isGone { pruned.append(blob) }
    }
    return pruned
  }

  /// Removes the directory of partial blobs where there are none, for layouts that go to others.
  package func removeEmptyPartialDirectory() throws(StoreError) {
    try StoreError.wrapping { () throws(FileError) in
      do throws(FileError) {
        try directory.removeDirectory(try FileName(ContentStore.partialName))
      } catch  where error.code == .noEntry || error.code == .notEmpty {
        // Another process keeps some there.
      }
    }
  }

  private func partialDirectory() throws(StoreError) -> Directory? {
    try StoreError.wrapping { () throws(FileError) in
      try directory.openDirectoryIfPresent(try FileName(ContentStore.partialName))
    }
  }

  /// The blobs that are not whole yet, by their digest.
  package func partialBlobs() throws(StoreError) -> [PartialBlob] {
    guard let place = try partialDirectory() else { return [] }
    return try StoreError.wrapping { () throws(FileError) in
      var found: [PartialBlob] = []
      var journals: [Digest: FileStatus] = [:]
      for entry in try place.entriesIfPresent() {
        guard let status = try place.status(of: entry.name), status.kind == .regular else {
          continue
        }
        if let digest = Digest(journal: entry.name) { journals[digest] = status }
        guard let digest = Digest(partial: entry.name) else { continue }
        found.append(
          PartialBlob(
            digest: digest,
            size: status.size,
            modified: status.modified.seconds,
            isInUse: try place.isLocked(entry.name),
          )
        )
      }
      // Who is killed once the blob is in its place leaves the journal alone.
      for blob in found { journals[blob.digest] = nil }
      for (digest, status) in journals {
        found.append(
          PartialBlob(digest: digest, size: 0, modified: status.modified.seconds, isInUse: false)
        )
      }
      return found.sorted { $0.digest.encoded < $1.digest.encoded }
    }
  }

  /// - Returns: false when somebody has begun to write it, or removed it.
  private func removePartial(_ blob: PartialBlob) throws(StoreError) -> Bool {
    guard let place = try partialDirectory() else { return false }
    return try StoreError.wrapping { () throws(FileError) in
      let name = try FileName("\(blob.digest.algorithm)-\(blob.digest.encoded)")
      do throws(FileError) {
        // What is gone already is made anew: without its lock the journal is somebody else's.
        guard let file = try place.openOrMakeFile(name),
          try file.lock(exclusive: true, waiting: false),
          try place.status(of: name)?.identity == file.status().identity
        else { return false }
        let journal = try FileName(
          "\(blob.digest.algorithm)-\(blob.digest.encoded)" + ContentStore.journalSuffix
        )
        try place.unlinkIfPresent(journal)
        try place.unlink(name)
        return true
      } catch  where error.code == .noEntry {
        return false
      }
    }
  }
}

/// A blob that is not whole yet.
package struct PartialBlob: Sendable {
  package let digest: Digest
  /// The length of its file; there may be gaps in it.
  package let size: Int64
  /// When it was last written to, in seconds since the epoch.
  package let modified: Int64
  package let isInUse: Bool
}

extension Directory {
  /// Nothing where another process has removed the directory, which was empty then.
  fileprivate func entriesIfPresent() throws(FileError) -> [DirectoryEntry] {
    do throws(FileError) {
      return try entries()
    } catch  where error.code == .noEntry {
      return []
    }
  }

  /// A file that only its owner may open, whose lock nobody else can see, counts as held.
  fileprivate func isLocked(_ name: FileName) throws(FileError) -> Bool {
    do throws(FileError) {
      return try !openFile(name).lock(exclusive: false, waiting: false)
    } catch  where error.code == .noEntry {
      return false
    } catch  where error.code == .accessDenied {
      return true
    }
  }
}

extension Digest {
  fileprivate init?(partial name: FileName) {
    guard let text = String(validating: name.bytes, as: UTF8.self) else { return nil }
    self.init(partial: text)
  }

  fileprivate init?(journal name: FileName) {
    guard let text = String(validating: name.bytes, as: UTF8.self),
      text.hasSuffix(ContentStore.journalSuffix)
    else { return nil }
    self.init(partial: String(text.dropLast(ContentStore.journalSuffix.count)))
  }

  private init?(partial text: String) {
    guard let dash = text.firstIndex(of: "-") else { return nil }
    do throws(DigestError) {
      try self.init(
        algorithm: String(text[..<dash]),
        encoded: String(text[text.index(after: dash)...]),
      )
    } catch {
      return nil
    }
  }
}
