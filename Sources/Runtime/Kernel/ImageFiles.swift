import CKernel
import Glibc

/// What a symbolic link says, byte for byte.
package struct LinkTarget: Sendable {
  fileprivate let bytes: [CChar]
}

/// Files of an image, whose names nobody has chosen here.
package enum ImageFiles {
  /// The names in a directory, `.` and `..` left out, in no order.
  package static func names(
    in directory: borrowing OwnedDescriptor,
  ) throws(KernelError) -> [FileName] {
    try FileName.list(in: directory)
  }

  /// The status of a file, a symbolic link not followed.
  package static func status(
    at directory: borrowing OwnedDescriptor,
    _ name: FileName,
  ) throws(KernelError) -> FileStatus {
    let number = directory.raw
    var raw = stat()
    try check("stat", name.text) {
      unsafe fstatat(number, name.bytes, &raw, AT_SYMLINK_NOFOLLOW)
    }
    return FileStatus(raw)
  }

  /// Opens a file, close-on-exec, and no symbolic link but with `path` among the flags.
  package static func open(
    at directory: borrowing OwnedDescriptor,
    _ name: FileName,
    _ flags: OpenFlags,
    mode: UInt32 = 0,
  ) throws(KernelError) -> OwnedDescriptor {
    let number = directory.raw
    let all = flags.union(.noFollow).rawValue | O_CLOEXEC
    let raw = try check("openat", name.text) { unsafe openat(number, name.bytes, all, mode) }
    return OwnedDescriptor(adopting: raw)
  }

  package static func makeDirectory(
    at directory: borrowing OwnedDescriptor,
    _ name: FileName,
    mode: UInt32,
  ) throws(KernelError) {
    let number = directory.raw
    try check("mkdir", name.text) { unsafe mkdirat(number, name.bytes, mode) }
  }

  package static func readLink(
    at directory: borrowing OwnedDescriptor,
    _ name: FileName,
  ) throws(KernelError) -> LinkTarget {
    let number = directory.raw
    var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = try check("readlink", name.text) {
      unsafe bytes.withUnsafeMutableBufferPointer { buffer in
        guard let start = buffer.baseAddress else { return -1 }
        return unsafe readlinkat(number, name.bytes, start, buffer.count)
      }
    }
    return LinkTarget(bytes: Array(bytes.prefix(count)) + [0])
  }

  package static func makeSymbolicLink(
    at directory: borrowing OwnedDescriptor,
    _ name: FileName,
    to target: LinkTarget,
  ) throws(KernelError) {
    let number = directory.raw
    try check("symlink", name.text) { unsafe symlinkat(target.bytes, number, name.bytes) }
  }
}
