import RootedFiles

extension ContentStore {
  /// Removes what killed processes left behind: temporary places that nobody holds a lock on.
  ///
  /// Every verb that writes to the store does so.
  package func removeLeftovers() throws(StoreError) {
    // The lock on the index keeps those away who make temporary files without a lock.
    let lock = try ContentStore.lock(path)
    defer { withExtendedLifetime(lock) {} }
    try StoreError.wrapping { () throws(FileError) in
      for entry in try lock.entries() where entry.name.isTemporary {
        try removeLeftover(entry.name)
      }
    }
  }

  private func removeLeftover(_ name: FileName) throws(FileError) {
    // Its owner may be ending and removing it just now.
    switch try directory.status(of: name)?.kind {
    case nil: return
    case .directory:
      guard let place = try directory.openDirectoryIfPresent(name),
        try place.descriptor.lock(exclusive: true, waiting: false)
      else { return }
      try directory.removeTree(name)
    case .regular:
      do throws(FileError) {
        guard try directory.openFile(name).lock(exclusive: true, waiting: false) else { return }
        try directory.unlink(name)
      } catch  where error.code == .noEntry {
        // Gone by itself.
      }
    default: try directory.unlink(name)
    }
  }
}
