import ImageSpec
import RootedFiles

/// A place for doomed blobs, out of everybody's sight, emptied at the end of this value's life.
struct Trash: ~Copyable {
  private let store: ContentStore
  /// Nil on a disk that has no room for it: then blobs go at once.
  private let place: (name: FileName, directory: Directory)?

  init(_ store: ContentStore) throws(StoreError) {
    self.store = store
    do throws(FileError) {
      place = try store.makeLockedDirectory()
    } catch  where error.isOfFullDisk {
      place = nil
    } catch {
      throw .file(error)
    }
  }

  deinit {
    guard let name = place?.name else { return }
    do throws(FileError) {
      try store.directory.removeTree(name)
    } catch {
      // Nothing more can be done here; the next writer removes what is left.
    }
  }

  /// - Returns: where it is; nil when there is no room for one more name.
  private borrowing func move(
    _ name: FileName,
    _ digest: Digest,
    from blobs: Directory,
  ) throws(FileError) -> (directory: Directory, name: FileName)? {
    guard let directory = place?.directory else { return nil }
    do throws(FileError) {
      let target = try FileName("\(digest.algorithm)-\(digest.encoded)")
      try blobs.rename(name, to: target, in: directory)
      return (directory, target)
    } catch  where error.isOfFullDisk {
      return nil
    }
  }

  /// Takes a blob away, or one file that stands for it and no other.
  ///
  /// - Returns: false when it was gone already, or another one is in its place by now.
  borrowing func take(
    _ digest: Digest,
    only identity: FileIdentity? = nil,
  ) throws(StoreError) -> Bool {
    guard let blobs = try store.blobDirectory(digest.algorithm, making: false) else { return false }
    do throws(FileError) {
      let name = try FileName(digest.encoded)
      func isMeant(_ status: FileStatus?) -> Bool {
        identity == nil || status?.identity == identity
      }
      guard let moved = try move(name, digest, from: blobs) else {
        // On a full disk there is a moment between the look and the removal.
        guard isMeant(try blobs.status(of: name)) else { return false }
        try blobs.unlink(name)
        return true
      }
      // Only out of everybody's sight it stays what it is.
      guard isMeant(try moved.directory.status(of: moved.name)) else {
        try moved.directory.rename(moved.name, to: name, in: blobs)
        return false
      }
      return true
    } catch  where error.code == .noEntry {
      return false
    } catch {
      throw .file(error)
    }
  }
}
