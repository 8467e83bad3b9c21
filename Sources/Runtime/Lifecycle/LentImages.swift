import Kernel

/// Images that the root of a user namespace may read, for as long as CRIU restores a container in it.
///
/// CRIU opens most of them in the processes that it restores, and those are strangers to the owner of
/// the images by then. They are lent by their group: nobody but the owner ever may write what CRIU
/// trusts.
struct LentImages {
  private struct Entry {
    var path: String
    var group: UInt32
    var mode: UInt32
  }

  private var entries: [Entry] = []
  /// Pre-dumps behind one another: more than CRIU itself goes through.
  private static let mostParents = 64

  /// Lends the images in a directory, and those of the pre-dumps that it is based on.
  init(in path: String, toGroup group: UInt32) throws(KernelError) {
    do throws(KernelError) {
      var directory: String? = path
      for _ in 0..<Self.mostParents {
        guard let current = directory else { break }
        try lend(current, toGroup: group)
        for name in try Directory.names(in: open(current, [.readOnly, .directory])) {
          try lend("\(current)/\(name)", toGroup: group)
        }
        directory = try Self.parent(of: current)
      }
    } catch {
      // What keeps it from being taken back as well is the same.
      _ = takeBack()
      throw error
    }
  }

  private mutating func lend(_ path: String, toGroup group: UInt32) throws(KernelError) {
    let file: OwnedDescriptor
    do throws(KernelError) {
      file = try open(path, [.readOnly, .nonblocking, .noFollow, .noControllingTerminal])
    } catch  where error.code == .loop || error.code == .noDeviceOrAddress {
      // A link to a pre-dump, a socket: no image.
      return
    }
    let status = try file.status()
    let added: UInt32
    switch status.kind {
    case .directory: added = 0o050
    case .regular: added = 0o040
    default: return
    }
    entries.append(Entry(path: path, group: status.group, mode: status.mode))
    try file.setOwner(.max, group: group)
    try file.setMode(status.mode | added)
  }

  private static func parent(of directory: String) throws(KernelError) -> String? {
    do throws(KernelError) {
      return try canonicalPath("\(directory)/parent")
    } catch  where error.code == .noEntry {
      return nil
    }
  }

  /// Gives everything its group and mode back.
  ///
  /// - Returns: what could not be given back, and why.
  func takeBack() -> [KernelError] {
    var failures: [KernelError] = []
    for entry in entries.reversed() {
      do throws(KernelError) {
        let file = try open(entry.path, [.readOnly, .nonblocking, .noFollow])
        try file.setOwner(.max, group: entry.group)
        try file.setMode(entry.mode)
      } catch  where error.code == .noEntry {
        // CRIU takes images away that it has used up.
      } catch {
        failures.append(error)
      }
    }
    return failures
  }
}
