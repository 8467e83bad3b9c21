import CKernel
import Glibc

extension OwnedDescriptor {
  /// Reads to the end of the file, at most `limit` bytes.
  ///
  /// - Throws: EFBIG when there is more than `limit`.
  package func readAll(limit: Int, subject: String = "") throws(KernelError) -> [UInt8] {
    var bytes: [UInt8] = []
    var capacity = 16384
    while true {
      let chunk = try read(upTo: capacity, subject: subject)
      if chunk.isEmpty { return bytes }
      guard bytes.count + chunk.count <= limit else {
        throw KernelError(call: "read", code: .init(rawValue: EFBIG), subject: subject)
      }
      bytes += chunk
      capacity = min(capacity * 2, 1 << 20)
    }
  }

  /// Reads once, at most `count` bytes; none at the end of the file.
  package func read(upTo count: Int, subject: String = "") throws(KernelError) -> [UInt8] {
    var failure: KernelError?
    let chunk = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      do throws(KernelError) {
        filled = try check("read", subject) { unsafe Glibc.read(raw, buffer.baseAddress, count) }
      } catch {
        failure = error
        filled = 0
      }
    }
    if let failure { throw failure }
    return chunk
  }

  /// Writes all of the bytes.
  package func writeAll(_ bytes: [UInt8], subject: String = "") throws(KernelError) {
    var written = 0
    while written < bytes.count {
      written += try check("write", subject) {
        unsafe bytes.withUnsafeBytes { buffer in
          unsafe write(raw, buffer.baseAddress?.advanced(by: written), bytes.count - written)
        }
      }
    }
  }

  /// Writes in one call, as the files of procfs and cgroupfs want it.
  package func writeOnce(_ text: String, subject: String = "") throws(KernelError) {
    let bytes = [UInt8](text.utf8)
    let written = try check("write", subject) {
      unsafe bytes.withUnsafeBytes { unsafe write(raw, $0.baseAddress, bytes.count) }
    }
    guard written == bytes.count else {
      throw KernelError(call: "write", code: .init(rawValue: EIO), subject: subject)
    }
  }

  /// Sets space aside, so that the first `count` bytes can be written however full the file system
  /// gets; the file's size stays.
  ///
  /// See: FALLOC_FL_KEEP_SIZE in fallocate(2).
  package func reserve(_ count: Int, subject: String = "") throws(KernelError) {
    let keepSize: CInt = 1
    try check("fallocate", subject) { fallocate(raw, keepSize, 0, count) }
  }

  /// Makes what was written survive a power cut.
  package func synchronize(subject: String = "") throws(KernelError) {
    try check("fsync", subject) { fsync(raw) }
  }

  /// Sets the permission bits.
  package func setMode(_ mode: UInt32) throws(KernelError) {
    try check("fchmod") { fchmod(raw, mode) }
  }

  /// Gives a file a context of SELinux.
  ///
  /// See: xattr(7); the kernel wants the null byte to be counted.
  package func setSELinuxContext(_ context: String) throws(KernelError) {
    let count = context.utf8.count + 1
    try check("fsetxattr", "security.selinux") {
      unsafe fsetxattr(raw, "security.selinux", context, count, 0)
    }
  }

  /// Sets owner and group, of a file opened with `path` too.
  package func setOwner(_ owner: UInt32, group: UInt32) throws(KernelError) {
    try check("fchownat") { unsafe fchownat(raw, "", owner, group, AT_EMPTY_PATH) }
  }

  /// Takes the exclusive lock of the open file, or the shared one.
  ///
  /// - Returns: false when another holds it and `wait` is false.
  package func lock(exclusive: Bool = true, wait: Bool) throws(KernelError) -> Bool {
    let operation = (exclusive ? LOCK_EX : LOCK_SH) | (wait ? 0 : LOCK_NB)
    do throws(KernelError) {
      try check("flock") { flock(raw, operation) }
      return true
    } catch  where error.code == .wouldBlock {
      return false
    }
  }
}

/// A file or directory that a name in an open directory stands for.
///
/// Every call takes one component or a path that the caller made: nothing of a rootfs.
package enum Directory {
  package static func make(
    at directory: borrowing OwnedDescriptor,
    _ name: String,
    mode: UInt32,
  ) throws(KernelError) {
    let number = directory.raw
    try check("mkdir", name) { unsafe mkdirat(number, name, mode) }
  }

  package static func makeFifo(
    at directory: borrowing OwnedDescriptor,
    _ name: String,
    mode: UInt32,
  ) throws(KernelError) {
    let number = directory.raw
    try check("mkfifo", name) { unsafe mkfifoat(number, name, mode) }
  }

  package static func makeDevice(
    at directory: borrowing OwnedDescriptor,
    _ name: String,
    type: FileKind,
    mode: UInt32,
    device: DeviceNumber,
  ) throws(KernelError) {
    let number = directory.raw
    let bits: UInt32 =
      switch type {
      case .blockDevice: S_IFBLK
      case .fifo: S_IFIFO
      default: S_IFCHR
      }
    try check("mknod", name) {
      unsafe mknodat(number, name, bits | mode, dev_t(device.combined))
    }
  }

  package static func makeSymbolicLink(
    at directory: borrowing OwnedDescriptor,
    _ name: String,
    to target: String,
  ) throws(KernelError) {
    let number = directory.raw
    try check("symlink", name) { unsafe symlinkat(target, number, name) }
  }

  package static func remove(
    at directory: borrowing OwnedDescriptor,
    _ name: String,
  ) throws(KernelError) {
    let number = directory.raw
    try check("rmdir", name) { unsafe unlinkat(number, name, AT_REMOVEDIR) }
  }

  package static func unlink(
    at directory: borrowing OwnedDescriptor,
    _ name: String,
  ) throws(KernelError) {
    let number = directory.raw
    try check("unlink", name) { unsafe unlinkat(number, name, 0) }
  }

  package static func rename(
    at directory: borrowing OwnedDescriptor,
    _ name: String,
    to newName: String,
  ) throws(KernelError) {
    let number = directory.raw
    try check("rename", newName) { unsafe renameat(number, name, number, newName) }
  }

  /// The target of a symbolic link.
  package static func readLink(
    at directory: borrowing OwnedDescriptor,
    _ name: String,
  ) throws(KernelError) -> String {
    let number = directory.raw
    var bytes = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = try check("readlink", name) {
      unsafe bytes.withUnsafeMutableBytes { buffer in
        guard let start = buffer.baseAddress else { return -1 }
        return unsafe readlinkat(number, name, start, buffer.count)
      }
    }
    return String(decoding: bytes.prefix(count), as: UTF8.self)
  }

  /// The status of a name, a final symbolic link not followed.
  package static func status(
    at directory: borrowing OwnedDescriptor,
    _ name: String,
  ) throws(KernelError) -> FileStatus {
    let number = directory.raw
    var raw = stat()
    try check("stat", name) { unsafe fstatat(number, name, &raw, AT_SYMLINK_NOFOLLOW) }
    return FileStatus(raw)
  }

  /// The names in a directory, `.` and `..` left out, in no order.
  package static func names(
    in directory: borrowing OwnedDescriptor,
  ) throws(KernelError) -> [String] {
    try FileName.list(in: directory).map(\.text)
  }

  /// Writes a file whole or not at all: into a temporary name, then renamed over `name`.
  ///
  /// With `isDurable` the content survives a power cut.
  package static func replaceFile(
    at directory: borrowing OwnedDescriptor,
    _ name: String,
    with bytes: [UInt8],
    mode: UInt32,
    isDurable: Bool,
  ) throws(KernelError) {
    let temporary = ".\(name).\(getpid())"
    do throws(KernelError) {
      let file = try Kernel.open(
        at: directory,
        temporary,
        [.writeOnly, .create, .truncate, .noFollow],
        mode: mode,
        [.beneath, .noSymlinks],
      )
      try file.writeAll(bytes, subject: name)
      if isDurable { try file.synchronize(subject: name) }
      try rename(at: directory, temporary, to: name)
    } catch {
      // What failed is reported; a leftover of the temporary name is overwritten by the next writer.
      let number = directory.raw
      _ = unsafe unlinkat(number, temporary, 0)
      throw error
    }
  }
}

/// A path with every symbolic link resolved.
///
/// See: realpath(3).
package func canonicalPath(_ path: String) throws(KernelError) -> String {
  guard let resolved = unsafe realpath(path, nil) else {
    throw KernelError(call: "realpath", code: .init(rawValue: errno), subject: path)
  }
  defer { unsafe free(resolved) }
  return unsafe String(cString: resolved)
}

/// The working directory of this process.
///
/// - Throws: ENOENT when it is not below the root, which getcwd(2) says by a path that starts with
///   `(unreachable)`: such a directory would lead out of a container (CVE-2024-21626).
package func workingDirectory() throws(KernelError) -> String {
  guard let path = unsafe getcwd(nil, 0) else {
    throw KernelError(call: "getcwd", code: .init(rawValue: errno), subject: "")
  }
  defer { unsafe free(path) }
  let text = unsafe String(cString: path)
  guard text.utf8.first == UInt8(ascii: "/") else {
    throw KernelError(call: "getcwd", code: .noEntry, subject: text)
  }
  return text
}

/// Makes every missing directory of a host path.
package func makeDirectories(_ path: String, mode: UInt32) throws(KernelError) {
  do throws(KernelError) {
    try makeDirectoryUnlessThere(path, mode: mode)
  } catch  where error.code == .noEntry {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")), slash > path.startIndex else {
      throw error
    }
    try makeDirectories(String(path[..<slash]), mode: mode)
    try makeDirectoryUnlessThere(path, mode: mode)
  }
}

/// Makes a directory that another process may be making at the same moment.
private func makeDirectoryUnlessThere(_ path: String, mode: UInt32) throws(KernelError) {
  do throws(KernelError) {
    try check("mkdir", path) { unsafe mkdir(path, mode) }
  } catch  where error.code == .exists {
    return
  }
}
