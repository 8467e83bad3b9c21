import RootedFiles

/// The paths that one layer has put something at, with all directories on the way to them.
struct TouchedPaths {
  private var paths: Set<RootedPath> = []
  /// The directory of the last path, whose own directories are all known.
  private var lastDirectory: RootedPath?

  func contains(_ path: RootedPath) -> Bool {
    paths.contains(path)
  }

  mutating func insert(_ path: RootedPath) {
    paths.insert(path)
    guard let directory = path.enclosing, directory != lastDirectory else { return }
    lastDirectory = directory
    var next: RootedPath? = directory
    while let path = next, paths.insert(path).inserted { next = path.enclosing }
  }
}

/// The modes and times that directories get when everything is in them.
///
/// Kept by real path: a directory that is replaced gets a new record from whoever makes it, and the
/// record of one that is gone finds nothing in the end.
struct DirectoryRecords {
  struct Record {
    let mode: UInt32
    let accessed: FileTime
    let modified: FileTime
  }

  private var records: [RootedPath: Record] = [:]

  mutating func record(_ path: RootedPath, _ attributes: FileAttributes) {
    records[path] = Record(
      mode: attributes.mode,
      accessed: attributes.accessed,
      modified: attributes.modified,
    )
  }

  /// A directory that no layer describes: the same on every machine and at every time.
  mutating func recordImplicit(_ path: RootedPath) {
    records[path] = Record(mode: 0o755, accessed: .epoch, modified: .epoch)
  }

  var childrenFirst: [(RootedPath, Record)] {
    // A path is a prefix of those below it, so these sort behind it.
    records.map { ($0.key, $0.value) }
      .sorted { $1.0.bytes.lexicographicallyPrecedes($0.0.bytes) }
  }
}
