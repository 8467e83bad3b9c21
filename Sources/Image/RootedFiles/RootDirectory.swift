import CImageSystem
import Glibc

/// A directory that was found below a root, and where it really is.
package struct Location: Sendable {
  package let directory: Directory
  /// The way from the root without any symbolic link; empty for the root.
  package let path: RootedPath
}

/// A directory tree that nothing done through it can leave.
///
/// Symbolic links are followed as in a chroot: an absolute target starts at this root, and `..` ends
/// at it. Finding a parent is the hot path of an unpack, so the last few that were found are kept.
///
/// See: openat2(2), `RESOLVE_IN_ROOT`
package struct RootDirectory: ~Copyable {
  package let directory: Directory
  private var recent: [(asked: [UInt8], location: Location)] = []

  private static let recentLimit = 8

  package init(_ directory: Directory) {
    self.directory = directory
    recent.reserveCapacity(Self.recentLimit)
  }

  package init(atPath path: String) throws(FileError) {
    self.init(try Directory(atPath: path))
  }

  /// Finds a directory, following links inside the root.
  ///
  /// - Parameter path: the bytes of a `RootedPath`, or of its parent.
  /// - Returns: nil when it, or a directory on the way, isn't there.
  /// - Throws: when links lead in a circle, or a directory cannot be opened.
  package mutating func find(_ path: ArraySlice<UInt8>) throws(FileError) -> Location? {
    if let known = known(path) { return known }
    var made: [RootedPath] = []
    return try resolve(path, making: false, made: &made)
  }

  /// Finds a directory and makes what is missing on the way, replacing what isn't a directory.
  ///
  /// New directories belong to the caller and have mode 0700; `made` tells them, so that the caller
  /// can give them their attributes. The path is as for `find`.
  package mutating func findOrMake(
    _ path: ArraySlice<UInt8>,
    made: inout [RootedPath],
  ) throws(FileError) -> Location {
    if let known = known(path) { return known }
    guard let location = try resolve(path, making: true, made: &made) else {
      throw .system(call: "mkdir", code: .noEntry, subject: Array(path))
    }
    return location
  }

  /// Finds a directory by its real path.
  ///
  /// - Returns: nil when it isn't there or when a link has come in its way.
  package func findReal(_ path: RootedPath) throws(FileError) -> Location? {
    try openWithoutLinks(path.bytes[...])
  }

  /// Removes an entry of any kind, a directory with all below it; nothing there is fine.
  package mutating func removeTree(_ name: FileName, in place: Location) throws(FileError) {
    let kind = try place.directory.removeTree(name)
    // A way that led through a directory or a link may lead elsewhere now.
    if kind == .directory || kind == .symbolicLink { recent.removeAll(keepingCapacity: true) }
  }

  private func known(_ path: ArraySlice<UInt8>) -> Location? {
    for index in recent.indices.reversed() where recent[index].asked.elementsEqual(path) {
      return recent[index].location
    }
    return nil
  }

  private mutating func resolve(
    _ path: ArraySlice<UInt8>,
    making: Bool,
    made: inout [RootedPath],
  ) throws(FileError) -> Location? {
    var location = try openWithoutLinks(path)
    if location == nil {
      var walk = Walk(root: directory, path: path, making: making)
      location = try walk.run()
      if walk.replacedSomething { recent.removeAll(keepingCapacity: true) }
      made += walk.made
    }
    guard let location else { return nil }
    if recent.count == Self.recentLimit { recent.removeFirst() }
    recent.append((Array(path), location))
    return location
  }

  /// The quick way, for paths that exist and have no link in them: one call for each piece that is
  /// short enough for the kernel, which for all but monsters means one call.
  private func openWithoutLinks(_ path: ArraySlice<UInt8>) throws(FileError) -> Location? {
    guard !path.contains(0) else { throw .invalidName(Array(path)) }
    var current = directory
    var rest = path
    do throws(FileError) {
      while !rest.isEmpty {
        let piece = leadingPiece(of: rest)
        rest = rest.dropFirst(piece.count + 1)
        current = Directory(
          owning: try current.openBelow(piece, flags: O_DIRECTORY, resolve: RESOLVE_NO_SYMLINKS)
        )
      }
      return Location(directory: current, path: RootedPath(clean: Array(path)))
    } catch {
      switch error.code {
      case .noEntry, .notDirectory, .linkLoop, .nameTooLong: return nil
      default: throw error
      }
    }
  }

  /// Whole components within PATH_MAX.
  private func leadingPiece(of path: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let start = path.prefix(4000)
    guard start.count < path.count, let slash = start.lastIndex(of: 0x2F) else { return path }
    return start[..<slash]
  }
}

extension Directory {
  /// Opens a path of several components inside this directory as its root.
  func openBelow(
    _ path: ArraySlice<UInt8>,
    flags: Int32,
    resolve: Int32,
  ) throws(FileError) -> OwnedDescriptor {
    let limits = UInt64(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | resolve)
    return OwnedDescriptor(
      owning: try checked("open", Array(path)) {
        unsafe withCString(Array(path) + [0]) { path in
          unsafe cimage_openat2(raw, path, flags | O_RDONLY | O_CLOEXEC, 0, limits)
        }
      }
    )
  }
}
