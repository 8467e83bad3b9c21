import Glibc

/// The names under which something of the user's is made until it is whole.
///
/// What has one is locked while its maker lives. What a killed maker has left is removed by the next
/// one that makes the same.
package struct TemporaryNames: Sendable {
  private let prefix: [UInt8]

  /// `.NAME.swimg-…`, beside the place where it will be.
  package init(for name: FileName) {
    prefix = [UInt8(ascii: ".")] + name.bytes.prefix(200) + ".swimg-".utf8
  }

  /// `.swimg-PURPOSE-…`, for what goes when its maker ends.
  package init(scratchFor purpose: String) {
    prefix = Array(".swimg-\(purpose)-".utf8)
  }

  fileprivate func make() throws(FileError) -> FileName {
    try FileName(prefix + String(UInt64.random(in: .min ... .max), radix: 16).utf8)
  }

  /// Whether a name is one of these, and not one that the user has given to something.
  fileprivate func contain(_ name: FileName) -> Bool {
    guard name.bytes.starts(with: prefix) else { return false }
    let number = name.bytes.dropFirst(prefix.count)
    return (1...20).contains(number.count)
      && number.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
  }
}

/// A file under a temporary name.
package struct TemporaryFile: ~Copyable {
  package let name: FileName
  package let file: OwnedDescriptor
}

extension Directory {
  /// Makes a file under a temporary name, locked as long as its descriptor lives.
  package func makeTemporaryFile(
    _ names: TemporaryNames,
    mode: UInt32,
  ) throws(FileError) -> TemporaryFile {
    try removeLeftovers(names)
    while true {
      let name = try names.make()
      let file = try createFile(name, mode: mode)
      // Another maker may take it for a leftover before it is locked.
      let isLocked = try file.lockIfPossible(or: true)
      if isLocked, try status(of: name) != nil { return TemporaryFile(name: name, file: file) }
    }
  }

  /// The same for a directory, which only its owner may enter.
  package func makeTemporaryDirectory(
    _ names: TemporaryNames
  ) throws(FileError) -> (name: FileName, directory: Directory) {
    try removeLeftovers(names)
    while true {
      let name = try names.make()
      try makeDirectory(name, mode: 0o700)
      guard let directory = try openDirectoryIfPresent(name) else { continue }
      let isLocked = try directory.descriptor.lockIfPossible(or: true)
      if isLocked, try status(of: name) != nil { return (name, directory) }
    }
  }

  /// Removes what has one of these names, and no maker any more.
  private func removeLeftovers(_ names: TemporaryNames) throws(FileError) {
    for entry in try entries() where names.contain(entry.name) {
      // In a place for everybody others may put what they like.
      guard let status = try status(of: entry.name), status.uid == geteuid() else { continue }
      switch status.kind {
      case .directory:
        guard let place = try openDirectoryIfPresent(entry.name),
          try place.descriptor.lockIfPossible(or: false)
        else { continue }
        try removeTree(entry.name)
        withExtendedLifetime(place) {}
      case .regular:
        do throws(FileError) {
          let file = try openFile(entry.name)
          guard try file.lockIfPossible(or: false) else { continue }
          try unlink(entry.name)
          withExtendedLifetime(file) {}
        } catch  where error.code == .noEntry {
          // Its maker has just published or removed it.
        }
      default: continue
      }
    }
  }
}

extension OwnedDescriptor {
  /// Takes a lock without waiting.
  ///
  /// - Parameter answer: what counts on a file system that knows no locks.
  /// - Returns: false when somebody else holds it.
  /// - Throws: when there is another problem.
  package func lockIfPossible(or answer: Bool) throws(FileError) -> Bool {
    do throws(FileError) {
      return try lock(exclusive: true, waiting: false)
    } catch  where error.code == .notSupported || error.code == .noLocks {
      return answer
    }
  }
}
