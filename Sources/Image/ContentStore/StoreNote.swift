import Hashing
import RootedFiles

/// A line that one run of the program leaves for a later one, such as the address of an upload.
///
/// A file of `uploads/`, named by the digest of what it is about and locked while its owner lives.
/// Losing it costs time and nothing else: so no failure to write it counts, and pruning removes it.
package final class StoreNote {
  private let directory: Directory
  private let name: FileName
  private let file: OwnedDescriptor
  /// What the earlier run has left.
  package let text: String?

  private static let limit = 16 << 10

  /// - Returns: nil when another process holds it, or the store can't be written to.
  /// - Throws: when the store is broken.
  package init?(_ subject: String, in store: ContentStore) throws(StoreError) {
    let hash = IncrementalHash.hexadecimal(of: Array(subject.utf8), algorithm: .sha256)
    do throws(FileError) {
      directory = try store.directory.makeAndOpenDirectory(
        try FileName(ContentStore.uploadsName),
        mode: 0o700,
      )
      name = try FileName(hash)
      guard let file = try directory.openOrMakeFile(name),
        try file.lock(exclusive: true, waiting: false),
        // It may have been removed between the opening and the lock.
        try directory.status(of: name)?.identity == file.status().identity
      else { return nil }
      self.file = file
      let bytes = try directory.contents(of: name, limit: StoreNote.limit) ?? []
      let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
      // Without its end it was cut short by a kill.
      text = line.count < bytes.count ? String(validating: line, as: UTF8.self) : nil
    } catch  where error.meansNoWriting {
      return nil
    } catch {
      throw .file(error)
    }
  }

  deinit {
    do throws(FileError) {
      // Nothing is noted: nothing is to be kept.
      if try file.status().size == 0 { try directory.unlink(name) }
    } catch {
      // An empty file does no harm.
    }
  }

  /// Notes another line, or none.
  package func write(_ text: String?) {
    do throws(FileError) {
      try file.truncate(to: 0)
      if let text { try file.write(Array("\(text)\n".utf8).span, at: 0) }
    } catch {
      // The later run begins anew.
    }
  }
}

extension ContentStore {
  /// Notes about uploads; other tools pass them over.
  static let uploadsName = "uploads"

  /// Removes notes that nobody holds.
  package func pruneNotes() throws(StoreError) {
    try StoreError.wrapping { () throws(FileError) in
      guard
        let place = try directory.openDirectoryIfPresent(try FileName(ContentStore.uploadsName))
      else { return }
      for entry in try place.entries() {
        do throws(FileError) {
          let file = try place.openFile(entry.name)
          guard try file.lock(exclusive: true, waiting: false) else { continue }
          // The lock is held until the name is gone: who has just opened it looks again then.
          try place.unlink(entry.name)
          withExtendedLifetime(file) {}
        } catch  where error.code == .noEntry {
          // Gone by itself.
        }
      }
    }
  }
}
