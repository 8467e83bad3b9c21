import CImageSystem
import Glibc

/// An open directory, closed when its last user lets go of it.
///
/// Every operation takes one checked name, relative to the descriptor, and never follows a link in
/// it: what happens to the rest of the file system meanwhile cannot lead it elsewhere.
package final class Directory: Sendable {
  package let descriptor: OwnedDescriptor

  var raw: Int32 { descriptor.raw }

  init(owning descriptor: consuming OwnedDescriptor) {
    self.descriptor = descriptor
  }

  /// Opens a directory by a path of the machine: the one place where such a path is taken.
  package init(atPath path: String) throws(FileError) {
    guard !path.utf8.contains(0) else { throw .invalidName(Array(path.utf8)) }
    descriptor = OwnedDescriptor(
      owning: try checked("open", Array(path.utf8)) {
        unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      }
    )
  }

  /// What an entry is, or nil when there is none of that name. See: fstatat(2)
  package func status(of name: FileName) throws(FileError) -> FileStatus? {
    var status = stat()
    do throws(FileError) {
      _ = try checked("stat", Array(name.bytes)) {
        unsafe withCString(name.terminated) { path in
          unsafe fstatat(raw, path, &status, AT_SYMLINK_NOFOLLOW)
        }
      }
    } catch  where error.code == .noEntry {
      return nil
    }
    return FileStatus(status)
  }

  /// - Throws: ENOTDIR for a symbolic link too.
  package func openDirectory(_ name: FileName) throws(FileError) -> Directory {
    let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
    return Directory(owning: try openEntry(name, flags: flags, mode: 0))
  }

  /// The same, nil when there is nothing of that name.
  package func openDirectoryIfPresent(_ name: FileName) throws(FileError) -> Directory? {
    do throws(FileError) {
      return try openDirectory(name)
    } catch  where error.code == .noEntry {
      return nil
    }
  }

  /// Opens a regular file for reading; neither waits for a fifo nor wakes a device.
  package func openFile(_ name: FileName) throws(FileError) -> OwnedDescriptor {
    try openRegularFile(name, access: O_RDONLY)
  }

  /// Opens a regular file that exists for reading and writing, as a lock file or a log.
  package func openFileForUpdate(_ name: FileName) throws(FileError) -> OwnedDescriptor {
    try openRegularFile(name, access: O_RDWR)
  }

  /// Makes a new regular file.
  ///
  /// - Throws: EEXIST when anything has that name, be it a dangling link.
  package func createFile(_ name: FileName, mode: UInt32) throws(FileError) -> OwnedDescriptor {
    let flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
    return try openEntry(name, flags: flags, mode: mode)
  }

  /// The permissions are cut by the process's umask. See: mkdirat(2)
  package func makeDirectory(_ name: FileName, mode: UInt32) throws(FileError) {
    _ = try checked("mkdir", Array(name.bytes)) {
      unsafe withCString(name.terminated) { path in unsafe mkdirat(raw, path, mode) }
    }
  }

  /// - Throws: EINVAL when the target has a NUL in it.
  package func makeSymbolicLink(_ name: FileName, to target: [UInt8]) throws(FileError) {
    guard !target.contains(0) else { throw .invalidName(target) }
    _ = try checked("symlink", Array(name.bytes)) {
      unsafe withCString(name.terminated) { path in
        unsafe withCString(target + [0]) { target in unsafe symlinkat(target, raw, path) }
      }
    }
  }

  /// Gives an existing file one more name; a symbolic link is linked itself. See: linkat(2)
  package func makeLink(
    _ name: FileName,
    to target: FileName,
    in directory: Directory,
  ) throws(FileError) {
    _ = try checked("link", Array(name.bytes)) {
      unsafe withCString(name.terminated) { path in
        unsafe withCString(target.terminated) { target in
          unsafe linkat(directory.raw, target, raw, path, 0)
        }
      }
    }
  }

  /// Makes a device or a fifo. See: mknodat(2)
  package func makeNode(_ name: FileName, _ node: SpecialFile) throws(FileError) {
    _ = try checked("mknod", Array(name.bytes)) {
      unsafe withCString(name.terminated) { path in
        unsafe mknodat(raw, path, node.type | 0o600, node.device)
      }
    }
  }

  /// Removes anything but a directory. See: unlinkat(2)
  package func unlink(_ name: FileName) throws(FileError) {
    _ = try checked("unlink", Array(name.bytes)) {
      unsafe withCString(name.terminated) { path in unsafe unlinkat(raw, path, 0) }
    }
  }

  /// The same, and no error when there is nothing of that name.
  package func unlinkIfPresent(_ name: FileName) throws(FileError) {
    do throws(FileError) {
      try unlink(name)
    } catch  where error.code == .noEntry {
      // As it should be.
    }
  }

  /// Removes an empty directory.
  package func removeDirectory(_ name: FileName) throws(FileError) {
    _ = try checked("rmdir", Array(name.bytes)) {
      unsafe withCString(name.terminated) { path in unsafe unlinkat(raw, path, AT_REMOVEDIR) }
    }
  }

  /// Replaces what the new name stood for, in one step. See: renameat(2)
  package func rename(
    _ name: FileName,
    to newName: FileName,
    in directory: Directory,
  ) throws(FileError) {
    _ = try checked("rename", Array(name.bytes)) {
      unsafe withCString(name.terminated) { path in
        unsafe withCString(newName.terminated) { newPath in
          unsafe renameat(raw, path, directory.raw, newPath)
        }
      }
    }
  }

  /// The text of a symbolic link. See: readlinkat(2)
  package func target(of name: FileName) throws(FileError) -> [UInt8] {
    // A target is at most PATH_MAX - 1 bytes.
    var buffer = [UInt8](repeating: 0, count: 4096)
    let length = try checked("readlink", Array(name.bytes)) {
      unsafe withCString(name.terminated) { path in
        unsafe buffer.withUnsafeMutableBytes { bytes in
          guard let start = unsafe bytes.assumingMemoryBound(to: CChar.self).baseAddress else {
            return 0
          }
          return unsafe readlinkat(raw, path, start, bytes.count)
        }
      }
    }
    buffer.removeLast(buffer.count - length)
    return buffer
  }

  /// Changes the owner of an entry of any kind without following a link. See: fchownat(2)
  package func setOwner(of name: FileName, uid: UInt32, gid: UInt32) throws(FileError) {
    _ = try checked("chown", Array(name.bytes)) {
      unsafe withCString(name.terminated) { path in
        unsafe fchownat(raw, path, uid, gid, AT_SYMLINK_NOFOLLOW)
      }
    }
  }

  /// Changes the permissions of anything but a symbolic link. See: fchmodat(2)
  package func setMode(of name: FileName, _ mode: UInt32) throws(FileError) {
    _ = try checked("chmod", Array(name.bytes)) {
      unsafe withCString(name.terminated) { path in
        unsafe fchmodat(raw, path, mode & 0o7777, AT_SYMLINK_NOFOLLOW)
      }
    }
  }

  /// Sets the times of an entry of any kind without following a link. See: utimensat(2)
  package func setTimes(
    of name: FileName,
    accessed: FileTime,
    modified: FileTime,
  ) throws(FileError) {
    let times = [accessed.specification, modified.specification]
    _ = try checked("set times", Array(name.bytes)) {
      unsafe withCString(name.terminated) { path in
        unsafe utimensat(raw, path, times, AT_SYMLINK_NOFOLLOW)
      }
    }
  }

  private func openEntry(
    _ name: FileName,
    flags: Int32,
    mode: UInt32,
  ) throws(FileError) -> OwnedDescriptor {
    OwnedDescriptor(
      owning: try checked("open", Array(name.bytes)) {
        unsafe withCString(name.terminated) { path in
          unsafe cimage_openat2(raw, path, flags, Int32(mode & 0o7777), 0)
        }
      }
    )
  }

  private func openRegularFile(
    _ name: FileName,
    access: Int32,
  ) throws(FileError) -> OwnedDescriptor {
    // Looking first keeps a device from being opened at all; the second look at what was opened
    // makes it certain.
    if let before = try status(of: name), before.kind != .regular {
      throw .notRegular(subject: Array(name.bytes), kind: before.kind)
    }
    let flags = access | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
    let file = try openEntry(name, flags: flags, mode: 0)
    let kind = try file.status().kind
    guard kind == .regular else { throw .notRegular(subject: Array(name.bytes), kind: kind) }
    return file
  }
}

/// A device or a fifo to be made.
package enum SpecialFile: Sendable {
  case fifo
  case characterDevice(major: UInt32, minor: UInt32)
  case blockDevice(major: UInt32, minor: UInt32)

  var type: UInt32 {
    switch self {
    case .fifo: UInt32(S_IFIFO)
    case .characterDevice: UInt32(S_IFCHR)
    case .blockDevice: UInt32(S_IFBLK)
    }
  }

  var device: UInt {
    switch self {
    case .fifo: 0
    case .characterDevice(let major, let minor), .blockDevice(let major, let minor):
      // As makedev(3), a macro that Swift cannot see.
      UInt(major & 0xFFFF_F000) << 32 | UInt(major & 0xFFF) << 8
        | UInt(minor & 0xFFFF_FF00) << 12 | UInt(minor & 0xFF)
    }
  }
}

/// Lends bytes that end with a NUL to the kernel.
@inline(__always)
func withCString<Result>(
  _ terminated: [UInt8],
  _ body: (UnsafePointer<CChar>) -> Result,
) -> Result {
  unsafe terminated.withUnsafeBytes { bytes in
    guard let start = unsafe bytes.assumingMemoryBound(to: CChar.self).baseAddress else {
      preconditionFailure("a C string ends with a NUL")
    }
    return unsafe body(start)
  }
}
