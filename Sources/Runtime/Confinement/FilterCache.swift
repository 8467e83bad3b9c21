package import Kernel

/// Compiled filters, kept under the root directory by the text that they were compiled from.
///
/// Compiling is the largest single cost of a container's start, and nearly all containers of a host
/// share one profile. A filter comes back only from a regular file of this user that nobody else
/// may write, that has no second name, and that holds the very text which is asked for, byte for
/// byte.
///
/// Nothing here is worth failing a container for: an entry that can't be read or written is as good
/// as none, and its error is handed back for the debug log.
///
/// The root is the root directory, whose owner and mode have been checked: who may write there may
/// load any filter.
package enum FilterCache {
  /// Below the root directory.
  private static let path = ".cache/seccomp"

  /// Of this many entries the oldest make way for new ones.
  static let capacity = 64

  /// The program that was stored for a key; nil when there is none that can be trusted.
  ///
  /// Four system calls: openat2, fstat, read, close.
  package static func program(
    for key: FilterKey,
    in root: borrowing OwnedDescriptor,
  ) throws(KernelError) -> [UInt8]? {
    let file: OwnedDescriptor
    do throws(KernelError) {
      file = try open(
        at: root,
        "\(path)/\(key.fileName)",
        // Without O_NONBLOCK a fifo of that name would hold us.
        [.readOnly, .noFollow, .nonblocking],
        [.beneath, .noSymlinks],
      )
    } catch  where error.code == .noEntry {
      return nil
    }
    let status = try file.status()
    guard status.kind == .regular, status.owner == Process.effectiveUser, status.mode == 0o600,
      status.links == 1, status.size <= FilterRecord.longest
    else { return nil }
    return FilterRecord.program(in: try file.read(upTo: status.size + 1), for: key)
  }

  /// Stores a program under a key.
  ///
  /// Written under a name of its own and renamed, so that writers of the same key never mix. There
  /// is no fsync: after a power cut a torn file fails its checksum, and is compiled anew.
  package static func store(
    _ program: [UInt8],
    for key: FilterKey,
    in root: borrowing OwnedDescriptor,
  ) throws(KernelError) {
    let directory = try openDirectory(in: root)
    try Directory.replaceFile(
      at: directory,
      key.fileName,
      with: FilterRecord.bytes(of: program, for: key),
      mode: 0o600,
      isDurable: false,
    )
    try discardOldest(in: directory)
  }

  private static func openDirectory(
    in root: borrowing OwnedDescriptor,
  ) throws(KernelError) -> OwnedDescriptor {
    for directory in [".cache", path] {
      do throws(KernelError) {
        try Directory.make(at: root, directory, mode: 0o700)
      } catch  where error.code == .exists {
        // What it is shows when it is opened.
      }
    }
    return try open(at: root, path, [.readOnly, .directory], [.beneath, .noSymlinks])
  }

  private static func discardOldest(in directory: borrowing OwnedDescriptor) throws(KernelError) {
    let names = try Directory.names(in: directory)
    guard names.count > capacity else { return }
    var entries: [(age: Int, name: String)] = []
    for name in names {
      do throws(KernelError) {
        entries.append((try Directory.modificationTime(at: directory, name), name))
      } catch  where error.code == .noEntry {
        // Another process was faster.
      }
    }
    entries.sort { $0.age < $1.age }
    for entry in entries.prefix(max(0, entries.count - capacity)) {
      do throws(KernelError) {
        try Directory.unlink(at: directory, entry.name)
      } catch  where error.code == .noEntry {
        // Another process was faster.
      }
    }
  }
}
