import CKernel
import Glibc

/// A mount that is attached nowhere yet, or the place where one is: the mount API by descriptor.
package enum Mounting {
  /// Changes the propagation of a mount, MS_SHARED and its like, below it too if `isRecursive`.
  package static func setPropagation(
    of mount: borrowing OwnedDescriptor,
    _ propagation: UInt64,
    isRecursive: Bool,
    subject: String,
  ) throws(KernelError) {
    let number = mount.raw
    let flags = UInt32(AT_EMPTY_PATH) | (isRecursive ? UInt32(recursive) : 0)
    try check("mount_setattr", subject) {
      unsafe ckernel_mount_setattr(number, "", flags, 0, 0, propagation)
    }
  }

  /// Sets and clears MOUNT_ATTR_* of a mount, and of all below it if `isRecursive`.
  package static func setAttributes(
    of mount: borrowing OwnedDescriptor,
    set: UInt64,
    clear: UInt64,
    isRecursive: Bool,
    subject: String,
  ) throws(KernelError) {
    let number = mount.raw
    let flags = UInt32(AT_EMPTY_PATH) | (isRecursive ? UInt32(recursive) : 0)
    try check("mount_setattr", subject) {
      unsafe ckernel_mount_setattr(number, "", flags, set, clear, 0)
    }
  }

  /// Shows the files of a detached mount with the ids that a user namespace maps them to.
  ///
  /// See: MOUNT_ATTR_IDMAP in mount_setattr(2), since Linux 5.12.
  package static func mapIdentities(
    of mount: borrowing OwnedDescriptor,
    as userNamespace: borrowing OwnedDescriptor,
    isRecursive: Bool,
    subject: String,
  ) throws(KernelError) {
    let (number, mapping) = (mount.raw, userNamespace.raw)
    try check("mount_setattr", "\(subject) MOUNT_ATTR_IDMAP") {
      ckernel_map_mount(number, mapping, isRecursive ? 1 : 0)
    }
  }

  /// A detached copy of what is mounted at an open file: a bind mount to be.
  package static func clone(
    _ source: borrowing OwnedDescriptor,
    isRecursive: Bool,
    subject: String,
  ) throws(KernelError) -> OwnedDescriptor {
    let number = source.raw
    let flags =
      UInt32(OPEN_TREE_CLONE) | UInt32(AT_EMPTY_PATH) | UInt32(O_CLOEXEC)
      | (isRecursive ? UInt32(recursive) : 0)
    let raw = try check("open_tree", subject) {
      unsafe ckernel_open_tree(number, "", flags)
    }
    return OwnedDescriptor(adopting: raw)
  }

  /// Attaches a detached mount on an open file.
  package static func attach(
    _ mount: borrowing OwnedDescriptor,
    on target: borrowing OwnedDescriptor,
    subject: String,
  ) throws(KernelError) {
    let from = mount.raw
    let to = target.raw
    try check("move_mount", subject) {
      unsafe ckernel_move_mount(
        from,
        "",
        to,
        "",
        UInt32(MOVE_MOUNT_F_EMPTY_PATH) | UInt32(MOVE_MOUNT_T_EMPTY_PATH)
      )
    }
  }

  /// Begins a new mount of a file system type.
  package static func openFileSystem(_ type: String) throws(KernelError) -> OwnedDescriptor {
    OwnedDescriptor(
      adopting: try check("fsopen", type) {
        unsafe ckernel_fsopen(type, UInt32(FSOPEN_CLOEXEC))
      }
    )
  }

  /// Gives a file system one option: a flag when `value` is nil.
  package static func setOption(
    _ context: borrowing OwnedDescriptor,
    _ key: String,
    _ value: String?,
  ) throws(KernelError) {
    let number = context.raw
    if let value {
      try check("fsconfig", "\(key)=\(value)") {
        unsafe ckernel_fsconfig(number, UInt32(FSCONFIG_SET_STRING.rawValue), key, value, 0)
      }
    } else {
      try check("fsconfig", key) {
        unsafe ckernel_fsconfig(number, UInt32(FSCONFIG_SET_FLAG.rawValue), key, nil, 0)
      }
    }
  }

  /// Makes the file system, and a detached mount of it with the given MOUNT_ATTR_*.
  package static func create(
    _ context: borrowing OwnedDescriptor,
    attributes: UInt64,
    subject: String,
  ) throws(KernelError) -> OwnedDescriptor {
    let number = context.raw
    try check("fsconfig", subject) {
      ckernel_fsconfig(number, UInt32(FSCONFIG_CMD_CREATE.rawValue), nil, nil, 0)
    }
    let raw = try check("fsmount", subject) {
      ckernel_fsmount(number, UInt32(FSMOUNT_CLOEXEC), UInt32(attributes))
    }
    return OwnedDescriptor(adopting: raw)
  }

  /// What the file system itself has to say of a refused option: the last message of its log.
  package static func lastMessage(of context: borrowing OwnedDescriptor) -> String? {
    var last: String?
    do throws(KernelError) {
      while true {
        let bytes = try context.read(upTo: 512)
        if bytes.isEmpty { return last }
        last = String(decoding: bytes.dropFirst(2), as: UTF8.self)
        if last?.last == "\n" { last?.removeLast() }
      }
    } catch {
      // ENODATA: no more messages.
      return last
    }
  }

  /// Takes the mount at whose root the current directory is out of the tree, with all below it.
  ///
  /// Who has files of it open keeps them.
  package static func detachWorkingDirectory(subject: String) throws(KernelError) {
    try check("umount2", subject) { unsafe umount2(".", CInt(MNT_DETACH)) }
  }

  /// Takes the mount at a name in the current directory out of the tree.
  package static func detach(inWorkingDirectory name: String) throws(KernelError) {
    let noFollow: CInt = 8  // UMOUNT_NOFOLLOW, <linux/fs.h>
    try check("umount2", name) { unsafe umount2(name, CInt(MNT_DETACH) | noFollow) }
  }

  /// Makes the current directory the root, and lets go of the old one.
  ///
  /// What is mounted below the old one goes with it, and would go on the host too wherever the two
  /// share it: so it is cut off before.
  package static func pivotToWorkingDirectory() throws(KernelError) {
    let oldRoot = try open("/", [.path, .directory])
    try check("pivot_root", ".") { unsafe ckernel_pivot_root(".", ".") }
    let slave: UInt64 = 1 << 19  // MS_SLAVE
    try setPropagation(of: oldRoot, slave, isRecursive: true, subject: "old root")
    // The old root now lies on top of the new one at "/": pivot_root(2), NOTES.
    try check("umount2", "old root") { unsafe umount2(".", CInt(MNT_DETACH)) }
    try check("chdir", "/") { unsafe chdir("/") }
  }

  /// Moves the mount at the current directory over the root, and changes into it.
  package static func moveWorkingDirectoryToRoot() throws(KernelError) {
    try check("mount", "MS_MOVE") { unsafe mount(".", "/", nil, 0x2000, nil) }
    try changeRootToWorkingDirectory()
  }

  /// Makes the current directory the root of this process, in whatever mount namespace it is.
  package static func changeRootToWorkingDirectory() throws(KernelError) {
    try check("chroot", ".") { unsafe chroot(".") }
    try check("chdir", "/") { unsafe chdir("/") }
  }

  /// Sets the propagation of the root and all below it.
  package static func setRootPropagation(_ flags: UInt) throws(KernelError) {
    try check("mount", "/") { unsafe mount(nil, "/", nil, flags, nil) }
  }

  private static let recursive: CInt = 0x8000  // AT_RECURSIVE, <linux/fcntl.h>
}
