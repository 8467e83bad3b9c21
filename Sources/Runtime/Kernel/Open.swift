import CKernel
import Glibc

/// How a path is opened: the flags of open(2).
package struct OpenFlags: OptionSet, Sendable {
  package let rawValue: CInt

  package init(rawValue: CInt) {
    self.rawValue = rawValue
  }

  package static let readOnly = OpenFlags(rawValue: O_RDONLY)
  package static let writeOnly = OpenFlags(rawValue: O_WRONLY)
  package static let readWrite = OpenFlags(rawValue: O_RDWR)
  package static let create = OpenFlags(rawValue: O_CREAT)
  package static let exclusive = OpenFlags(rawValue: O_EXCL)
  package static let truncate = OpenFlags(rawValue: O_TRUNC)
  package static let append = OpenFlags(rawValue: O_APPEND)
  package static let directory = OpenFlags(rawValue: O_DIRECTORY)
  package static let noFollow = OpenFlags(rawValue: O_NOFOLLOW)
  package static let nonblocking = OpenFlags(rawValue: O_NONBLOCK)
  package static let noControllingTerminal = OpenFlags(rawValue: O_NOCTTY)
  /// Names a file without opening it.
  package static let path = OpenFlags(rawValue: O_PATH)
}

/// How openat2(2) resolves a path.
package struct Resolution: OptionSet, Sendable {
  package let rawValue: UInt64

  package init(rawValue: UInt64) {
    self.rawValue = rawValue
  }

  package static let noMountCrossing = Resolution(rawValue: UInt64(RESOLVE_NO_XDEV))
  package static let noMagicLinks = Resolution(rawValue: UInt64(RESOLVE_NO_MAGICLINKS))
  package static let noSymlinks = Resolution(rawValue: UInt64(RESOLVE_NO_SYMLINKS))
  package static let beneath = Resolution(rawValue: UInt64(RESOLVE_BENEATH))
  package static let inRoot = Resolution(rawValue: UInt64(RESOLVE_IN_ROOT))
}

/// Opens a path of the host by name, close-on-exec.
///
/// For what the caller of swrun names and the host owns; never for a path inside a rootfs.
package func open(
  _ path: String,
  _ flags: OpenFlags,
  mode: UInt32 = 0,
) throws(KernelError) -> OwnedDescriptor {
  let raw = try check("open", path) {
    unsafe openat(AT_FDCWD, path, flags.rawValue | O_CLOEXEC, mode)
  }
  return OwnedDescriptor(adopting: raw)
}

/// Opens a path relative to a directory, close-on-exec, resolved as `resolution` allows.
///
/// There is no fallback: openat2(2) has been there since Linux 5.6.
package func open(
  at directory: borrowing OwnedDescriptor,
  _ path: String,
  _ flags: OpenFlags,
  mode: UInt32 = 0,
  _ resolution: Resolution,
) throws(KernelError) -> OwnedDescriptor {
  let number = directory.raw
  let how = UInt64(UInt32(bitPattern: flags.rawValue | O_CLOEXEC))
  while true {
    do throws(KernelError) {
      let raw = try check("openat2", path) {
        unsafe ckernel_openat2(number, path, how, UInt64(mode), resolution.rawValue)
      }
      return OwnedDescriptor(adopting: raw)
    } catch  where error.code == .wouldBlock {
      // A rename somewhere in the system raced with the resolution of a "..": openat2(2) says
      // to try again.
      continue
    }
  }
}
