/// One mount of the container, its options sorted by who has to carry them out.
package struct MountPlan: Equatable, Sendable {
  /// What is mounted.
  package enum Kind: Equatable, Sendable {
    /// A part of the host's tree, by absolute path.
    case bind(source: String, isRecursive: Bool)
    /// A new instance of a file system.
    case filesystem(type: String, source: String)
    /// The control group hierarchy as the container may see it.
    case cgroup
  }

  /// What to change on a mount.
  ///
  /// See: mount_setattr(2); fsmount(2) takes `set` alone.
  package struct Attributes: Equatable, Sendable {
    /// MOUNT_ATTR_* bits.
    package var set: UInt64
    /// MOUNT_ATTR_* bits; has all of MOUNT_ATTR__ATIME whenever a time option is set.
    package var clear: UInt64

    /// Nothing to change.
    package init() {
      self.set = 0
      self.clear = 0
    }

    /// Whether nothing is to be changed.
    package var isEmpty: Bool { self.set == 0 && self.clear == 0 }
  }

  /// One parameter of the file system itself.
  ///
  /// See: fsconfig(2).
  package struct Parameter: Equatable, Sendable {
    package var key: String
    /// Nil makes a flag of it.
    package var value: String?

    package init(key: String, value: String?) {
      self.key = key
      self.value = value
    }
  }

  /// Its place in the document's list, for messages.
  package var index: Int
  /// Absolute, in the container.
  package var destination: String
  package var kind: Kind
  package var attributes: Attributes
  /// For every mount below too.
  ///
  /// Spec: config.md, "Linux mount options", rro and its like.
  package var recursiveAttributes: Attributes
  /// In the order given.
  package var propagation: [Propagation]
  /// Flags of the superblock (`ro`, `rw`, `sync`, `async`, `dirsync`, `lazytime`, `nolazytime`,
  /// `mand`, `nomand`, `acl`, `noacl`), which fsconfig(2) takes as flag parameters; no concern of a
  /// bind mount's.
  package var superblockFlags: [String]
  /// Options that only the file system knows, in the order given.
  package var parameters: [Parameter]
  /// Whether a new tmpfs starts with a copy of what it covers.
  package var copiesUp: Bool
  /// Whether only the attributes of what is mounted there already change.
  package var isRemount: Bool
  /// Nil leaves the ids of the files as they are.
  package var identities: MountIdentities?
  /// Whether a source that is a symbolic link stands for what it leads to.
  package var followsSource: Bool
  /// Whether a destination that is a symbolic link stands for what it leads to.
  package var followsDestination: Bool
  /// Whether a source that is a symbolic link is made anew at the destination.
  package var copiesLink: Bool

  /// The JSON pointer of the entry, for messages.
  package var pointer: String { "/mounts/\(index)" }

  /// Where a bind mount comes from; nil for any other.
  package var bindSource: String? {
    guard case .bind(let source, _) = kind else { return nil }
    return source
  }
}

/// The MOUNT_ATTR_* bits of uapi/linux/mount.h.
///
/// See: mount_setattr(2).
package enum MountAttribute {
  package static let readOnly: UInt64 = 0x0000_0001
  package static let noSetUserID: UInt64 = 0x0000_0002
  package static let noDevices: UInt64 = 0x0000_0004
  package static let noExecution: UInt64 = 0x0000_0008
  /// The mask of the access time settings, which exclude each other.
  package static let accessTimeMask: UInt64 = 0x0000_0070
  package static let relativeAccessTime: UInt64 = 0x0000_0000
  package static let noAccessTime: UInt64 = 0x0000_0010
  package static let strictAccessTime: UInt64 = 0x0000_0020
  package static let noDirectoryAccessTime: UInt64 = 0x0000_0080
  package static let noSymlinkFollow: UInt64 = 0x0020_0000
}
