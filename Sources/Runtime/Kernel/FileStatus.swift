import CKernel
import Glibc

/// The kind of a file.
package enum FileKind: Equatable, Sendable {
  case regular, directory, symbolicLink, characterDevice, blockDevice, fifo, socket, unknown
}

/// What fstat(2) says of a file.
package struct FileStatus: Sendable {
  package let kind: FileKind
  /// The permission bits, set-id bits included.
  package let mode: UInt32
  package let owner: UInt32
  package let group: UInt32
  package let links: UInt64
  /// In bytes.
  package let size: Int
  package let inode: UInt64
  package let fileSystem: UInt64
  /// Major and minor number, for a device.
  package let device: DeviceNumber

  /// Whether both are of one file, or of one namespace: see namespaces(7).
  package func isSameFile(as other: FileStatus) -> Bool {
    inode == other.inode && fileSystem == other.fileSystem
  }

  init(_ raw: stat) {
    kind =
      switch raw.st_mode & S_IFMT {
      case S_IFREG: .regular
      case S_IFDIR: .directory
      case S_IFLNK: .symbolicLink
      case S_IFCHR: .characterDevice
      case S_IFBLK: .blockDevice
      case S_IFIFO: .fifo
      case S_IFSOCK: .socket
      default: .unknown
      }
    mode = raw.st_mode & 0o7777
    owner = raw.st_uid
    group = raw.st_gid
    links = UInt64(raw.st_nlink)
    size = raw.st_size
    inode = UInt64(raw.st_ino)
    fileSystem = UInt64(raw.st_dev)
    device = DeviceNumber(combined: UInt64(raw.st_rdev))
  }
}

/// A device's two numbers.
package struct DeviceNumber: Equatable, Sendable {
  package let major: UInt32
  package let minor: UInt32

  package init(major: UInt32, minor: UInt32) {
    self.major = major
    self.minor = minor
  }

  init(combined: UInt64) {
    major = ckernel_device_major(combined)
    minor = ckernel_device_minor(combined)
  }

  /// Both in one number, as mknod(2) takes them.
  package var combined: UInt64 { ckernel_device(major, minor) }
}

extension OwnedDescriptor {
  /// The status of the open file.
  package func status() throws(KernelError) -> FileStatus {
    var raw = stat()
    try check("fstat") { unsafe fstat(self.raw, &raw) }
    return FileStatus(raw)
  }

  /// The magic number of the file system that the file is on.
  ///
  /// See: statfs(2); no path can forge it.
  package func fileSystemMagic() throws(KernelError) -> UInt64 {
    try fileSystemStatus().magic
  }

  /// Whether the mount that the file was opened through is marked as a copy that nobody makes writable:
  /// read-only, and one that no symbolic links are followed on, which hosts don't have programs on.
  package func isOnMarkedCopy() throws(KernelError) -> Bool {
    let marks = UInt64(ST_RDONLY) | UInt64(CKERNEL_ST_NOSYMFOLLOW)
    return try fileSystemStatus().flags & marks == marks
  }

  private func fileSystemStatus() throws(KernelError) -> (magic: UInt64, flags: UInt64) {
    var raw = statfs()
    try check("fstatfs") { unsafe fstatfs(self.raw, &raw) }
    return (UInt64(bitPattern: Int64(raw.f_type)), UInt64(bitPattern: Int64(raw.f_flags)))
  }
}

/// The file systems that swrun tells apart by statfs(2).
package enum FileSystemMagic {
  package static let procfs = UInt64(PROC_SUPER_MAGIC)
  package static let cgroup2 = UInt64(CGROUP2_SUPER_MAGIC)
  package static let tmpfs = UInt64(TMPFS_MAGIC)
  package static let devpts: UInt64 = 0x1cd1
  package static let sysfs = UInt64(SYSFS_MAGIC)

  /// Those by which the kernel shows and takes settings.
  package static let kernelOwn = [procfs, sysfs, cgroup2]
}

extension OwnedDescriptor {
  /// Whether the open file is the root of a mount.
  ///
  /// See: STATX_ATTR_MOUNT_ROOT in statx(2), since Linux 5.8.
  package func isMountRoot() throws(KernelError) -> Bool {
    var result = statx()
    try check("statx") { unsafe statx(raw, "", AT_EMPTY_PATH, 0, &result) }
    return result.stx_attributes & 0x2000 != 0
  }

  /// The id of the mount that the file was opened through, as mountinfo has it.
  ///
  /// It is given away anew once the mount is gone.
  ///
  /// See: STATX_MNT_ID in statx(2), since Linux 5.8.
  package func mountID() throws(KernelError) -> UInt64 {
    var result = statx()
    try check("statx") {
      unsafe statx(raw, "", AT_EMPTY_PATH, UInt32(STATX_MNT_ID), &result)
    }
    return result.stx_mnt_id
  }
}
