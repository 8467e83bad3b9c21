import Glibc

/// The kinds of file that a directory can hold.
package enum FileKind: Sendable, CustomStringConvertible {
  case regular
  case directory
  case symbolicLink
  case characterDevice
  case blockDevice
  case fifo
  case socket
  case unknown

  init(mode: UInt32) {
    switch mode & UInt32(S_IFMT) {
    case UInt32(S_IFREG): self = .regular
    case UInt32(S_IFDIR): self = .directory
    case UInt32(S_IFLNK): self = .symbolicLink
    case UInt32(S_IFCHR): self = .characterDevice
    case UInt32(S_IFBLK): self = .blockDevice
    case UInt32(S_IFIFO): self = .fifo
    case UInt32(S_IFSOCK): self = .socket
    default: self = .unknown
    }
  }

  package var description: String {
    switch self {
    case .regular: "regular file"
    case .directory: "directory"
    case .symbolicLink: "symbolic link"
    case .characterDevice: "character device"
    case .blockDevice: "block device"
    case .fifo: "fifo"
    case .socket: "socket"
    case .unknown: "file of unknown kind"
    }
  }
}

/// A moment since the epoch; negative seconds are before it, nanoseconds count forward always.
package struct FileTime: Equatable, Sendable {
  package let seconds: Int64
  package let nanoseconds: Int

  package init(seconds: Int64, nanoseconds: Int) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }

  package static let epoch = FileTime(seconds: 0, nanoseconds: 0)

  var specification: timespec { timespec(tv_sec: Int(seconds), tv_nsec: nanoseconds) }
}

/// Which file this is, whatever its name: the device it is on and its number there.
package struct FileIdentity: Hashable, Sendable {
  package let device: UInt64
  package let inode: UInt64
}

/// What stat(2) tells about a file.
package struct FileStatus: Sendable {
  package let kind: FileKind
  /// The twelve bits of permissions.
  package let mode: UInt32
  package let uid: UInt32
  package let gid: UInt32
  package let size: Int64
  package let links: UInt64
  package let modified: FileTime
  package let identity: FileIdentity
  package let representedDevice: UInt64

  init(_ status: stat) {
    kind = FileKind(mode: status.st_mode)
    mode = status.st_mode & 0o7777
    uid = status.st_uid
    gid = status.st_gid
    size = Int64(status.st_size)
    links = UInt64(status.st_nlink)
    modified = FileTime(
      seconds: Int64(status.st_mtim.tv_sec),
      nanoseconds: status.st_mtim.tv_nsec,
    )
    identity = FileIdentity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    representedDevice = UInt64(status.st_rdev)
  }
}
