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
    let number = String(UInt64.random(in: .min ... .max), radix: 16)
    let temporary = try FileName(
      [UInt8(ascii: ".")] + name.bytes.prefix(200) + ".swimg-\(number)".utf8
    )
    descriptor = try directory.createFile(temporary, mode: 0o644)
    place = .file(directory, temporary: temporary, name: name)
  }

  deinit {
    guard !isPublished, case .file(let directory, let temporary, _) = place else { return }
    do throws(FileError) {
      try directory.unlink(temporary)
    } catch {
      // Nothing more can be done here.
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
