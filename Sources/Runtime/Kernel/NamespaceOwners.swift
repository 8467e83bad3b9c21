import CKernel
import Glibc

/// Whom a process obeys: its user namespace, and the one that rules over its mounts.
///
/// Anybody may move into a user namespace of their own making, and there into a mount namespace whose
/// mounts are theirs to change. Nobody comes back from there, and as long as somebody is in such a
/// namespace the inode of none above it is another's: so two numbers tell whether a process has moved.
///
/// See: user_namespaces(7), ioctl_nsfs(2).
package struct NamespaceOwners: Equatable, Sendable {
  /// The inode of the user namespace.
  package var user: UInt32
  /// The inode of the user namespace that owns the mount namespace; nil where that is one above `user`.
  package var mounts: UInt32?

  package init(user: UInt32, mounts: UInt32?) {
    self.user = user
    self.mounts = mounts
  }
}

extension ProcessFiles {
  /// The owners of this process's namespaces, as this process may know them.
  package func ownNamespaceOwners() throws(KernelError) -> NamespaceOwners {
    NamespaceOwners(
      user: try userNamespace(of: "self"),
      mounts: try openTarget(of: "self/ns/mnt", [.readOnly]).namespaceOwner()
    )
  }

  /// The inode of a process's user namespace; `process` is an id, or `self`.
  package func userNamespace(of process: String) throws(KernelError) -> UInt32 {
    try openTarget(of: "\(process)/ns/user", [.readOnly]).namespaceInode()
  }
}

extension OwnedDescriptor {
  /// The inode of a namespace, which is 32 bits wide: `struct ns_common` of Linux.
  package func namespaceInode() throws(KernelError) -> UInt32 {
    UInt32(truncatingIfNeeded: try status().inode)
  }

  /// The inode of the user namespace that owns a namespace; nil where that is neither this process's nor
  /// one below it.
  package func namespaceOwner() throws(KernelError) -> UInt32? {
    let namespace = raw
    do throws(KernelError) {
      let owner = try check("ioctl", "owner of a namespace") { ckernel_namespace_owner(namespace) }
      return try OwnedDescriptor(adopting: owner).namespaceInode()
    } catch  where error.code == .permission {
      return nil
    }
  }
}

extension NamespaceOwners {
  /// What is to be said where a container's init is not where it was made.
  package static let complaint =
    "init of the container has moved to a user namespace of its own, or the container was made in "
    + "another one than this"
}
