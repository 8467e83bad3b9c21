import Glibc

/// A file that is written for the user: it appears under its name when it is whole, or not at all.
///
/// Standard output, a pipe or a device is written to as it is.
package struct OutputFile: ~Copyable {
  private enum Place {
    case stream
    case file(Directory, temporary: FileName, name: FileName)
  }

  package let descriptor: OwnedDescriptor
  private let place: Place
  private var isPublished = false

  /// - Parameter path: nil for standard output.
  /// - Throws: when it can't be written.
  package init(path: String?) throws(FileError) {
    guard let path else {
      descriptor = try OwnedDescriptor(duplicating: 1)
      place = .stream
      return
    }
    let slash = path.lastIndex(of: "/")
    let name = try FileName(String(slash.map { path[path.index(after: $0)...] } ?? path[...]))
    let parent =
      switch slash {
      case nil: "."
      case path.startIndex?: "/"
      case .some(let slash): String(path[..<slash])
      }
    let directory = try Directory(atPath: parent)
    if let kind = try directory.status(of: name)?.kind, kind != .regular {
      // A link too: it leads where the user wants it.
      descriptor = OwnedDescriptor(
        owning: try checked("open", Array(path.utf8)) {
          unsafe open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_TRUNC)
        }
      )
      place = .stream
      return
    }
    let made = try directory.makeTemporaryFile(TemporaryNames(for: name), mode: 0o644)
    place = .file(directory, temporary: made.name, name: name)
    descriptor = made.file
  }

  deinit {
    guard !isPublished, case .file(let directory, let temporary, _) = place else { return }
    do throws(FileError) {
      try directory.unlink(temporary)
    } catch {
      // Nothing more can be done here; who writes this file next removes what is left.
    }
  }

  /// Puts the file in its place, safe on the disk.
  package consuming func publish() throws(FileError) {
    guard case .file(let directory, let temporary, let name) = place else { return }
    try descriptor.synchronize()
    try directory.rename(temporary, to: name, in: directory)
    isPublished = true
  }
}
