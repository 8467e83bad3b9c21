import CImageSystem
import Glibc

extension Directory {
  /// Removes an entry of any kind, a directory with all below it.
  ///
  /// Holds one descriptor and no recursion, so that a hostile depth costs only memory. Links are
  /// removed, never followed.
  ///
  /// - Returns: the kind of what was removed, nil when there was nothing.
  @discardableResult
  package func removeTree(_ name: FileName) throws(FileError) -> FileKind? {
    guard let status = try status(of: name) else { return nil }
    guard status.kind == .directory else {
      try unlink(name)
      return status.kind
    }
    var descent = try Descent(at: try openForRemoval(name), named: name)
    while try descent.step() { continue }
    try removeDirectory(name)
    return .directory
  }
}

/// The way from the top of a tree that is being removed to where the removal stands.
private struct Descent {
  private struct Level {
    let name: FileName
    let identity: FileIdentity
    var subdirectories: [FileName]
  }

  private var current: Directory
  private var levels: [Level]

  init(at top: Directory, named name: FileName) throws(FileError) {
    current = top
    levels = [try Descent.enter(top, named: name)]
  }

  /// Goes down into the next directory, or up from an empty one and removes it.
  ///
  /// - Returns: false when the top is empty.
  mutating func step() throws(FileError) -> Bool {
    if let next = levels[levels.count - 1].subdirectories.popLast() {
      let below = try current.openForRemoval(next)
      levels.append(try Descent.enter(below, named: next))
      current = below
      return true
    }
    guard levels.count > 1, let done = levels.popLast() else { return false }
    let above = try current.parent()
    // Somebody who moves the directory while we are in it must not send us up elsewhere.
    guard try above.descriptor.status().identity == levels[levels.count - 1].identity else {
      throw .movedMeanwhile(subject: Array(done.name.bytes))
    }
    try above.removeDirectory(done.name)
    current = above
    return true
  }

  /// Unlinks all files of a directory and notes its subdirectories.
  private static func enter(
    _ directory: Directory,
    named name: FileName,
  ) throws(FileError) -> Level {
    var subdirectories: [FileName] = []
    for entry in try directory.entries() {
      var kind = entry.kind
      if kind == .unknown { kind = try directory.status(of: entry.name)?.kind ?? .unknown }
      if kind == .directory {
        subdirectories.append(entry.name)
      } else {
        try directory.unlink(entry.name)
      }
    }
    let identity = try directory.descriptor.status().identity
    return Level(name: name, identity: identity, subdirectories: subdirectories)
  }
}

extension Directory {
  /// Opens a directory that is to be emptied.
  ///
  /// One that its owner closed, as an image may do, is opened up first: root would not notice, but
  /// everybody else would leave it behind.
  fileprivate func openForRemoval(_ name: FileName) throws(FileError) -> Directory {
    if let status = try status(of: name), status.kind == .directory, status.mode & 0o700 != 0o700 {
      do throws(FileError) {
        try setMode(of: name, 0o700)
      } catch  where error.code == .notPermitted {
        // It belongs to somebody else: what follows says what we may do with it.
      }
    }
    return try openDirectory(name)
  }

  /// The directory that this one is in.
  fileprivate func parent() throws(FileError) -> Directory {
    let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
    return Directory(
      owning: OwnedDescriptor(
        owning: try checked("open", [0x2E, 0x2E]) {
          unsafe cimage_openat2(raw, "..", flags, 0, 0)
        }
      )
    )
  }
}
