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
      withExtendedLifetime(place) {}
    case .regular:
      do throws(FileError) {
        let file = try directory.openFile(name)
        guard try file.lock(exclusive: true, waiting: false) else { return }
        // The lock is held until the name is gone: who has just made it locks it and then looks
        // whether it is still there.
        try directory.unlink(name)
        withExtendedLifetime(file) {}
      } catch  where error.code == .noEntry {
        // Gone by itself.
      }
    default: try directory.unlink(name)
    }
  }
}
