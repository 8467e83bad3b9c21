/// What one word in a mount's `options` does.
enum MountOption: Equatable, Sendable {
  /// Sets bits of mount_setattr(2), having cleared others.
  case set(UInt64, clearing: UInt64)
  /// Clears bits of mount_setattr(2).
  case clear(UInt64)
  /// As `set`, for every mount below too.
  case setBelow(UInt64, clearing: UInt64)
  /// As `clear`, for every mount below too.
  case clearBelow(UInt64)
  /// A flag of the superblock, which fsconfig(2) takes by the same word.
  case superblock
  case bind(isRecursive: Bool)
  case propagate(Propagation)
  case remount
  case copyUp
  /// Changes nothing that a kernel of today knows.
  case nothing
  /// Known, and beyond this version.
  case unsupported
}

/// The words for mounts that the specification, runc and crun know; any other one belongs to the
/// file system.
///
/// Spec: config.md, "Linux mount options".
package enum MountOptionTable {
  /// The words that this version carries out, sorted, as `features` lists them.
  package static var supportedNames: [String] {
    options.filter { $0.value != .unsupported }.map(\.key).sorted()
  }

  static func option(named name: String) -> MountOption? { options[name] }

  private static let options: [String: MountOption] = {
    var table = plainOptions
    for (name, option) in attributeOptions {
      table[name] = option
      // Spec: the recursive form of an attribute has an r before it, as rro.
      switch option {
      case .set(let bits, let clearing): table["r\(name)"] = .setBelow(bits, clearing: clearing)
      case .clear(let bits): table["r\(name)"] = .clearBelow(bits)
      default: break
      }
    }
    for kind in Propagation.Kind.allCases {
      let name = kind.rawValue
      table[name] = .propagate(Propagation(kind: kind, isRecursive: false))
      table["r\(name)"] = .propagate(Propagation(kind: kind, isRecursive: true))
    }
    return table
  }()

  private static let times = MountAttribute.accessTimeMask

  private static let attributeOptions: [String: MountOption] = [
    "ro": .set(MountAttribute.readOnly, clearing: 0),
    "rw": .clear(MountAttribute.readOnly),
    "nosuid": .set(MountAttribute.noSetUserID, clearing: 0),
    "suid": .clear(MountAttribute.noSetUserID),
    "nodev": .set(MountAttribute.noDevices, clearing: 0),
    "dev": .clear(MountAttribute.noDevices),
    "noexec": .set(MountAttribute.noExecution, clearing: 0),
    "exec": .clear(MountAttribute.noExecution),
    "nosymfollow": .set(MountAttribute.noSymlinkFollow, clearing: 0),
    "symfollow": .clear(MountAttribute.noSymlinkFollow),
    "nodiratime": .set(MountAttribute.noDirectoryAccessTime, clearing: 0),
    "diratime": .clear(MountAttribute.noDirectoryAccessTime),
    "noatime": .set(MountAttribute.noAccessTime, clearing: times),
    "relatime": .set(MountAttribute.relativeAccessTime, clearing: times),
    "strictatime": .set(MountAttribute.strictAccessTime, clearing: times),
    // Without its setting each of them falls back to the kernel's own, which is relatime.
    "atime": .clear(times),
    "norelatime": .clear(times),
    "nostrictatime": .clear(times),
  ]

  private static let plainOptions: [String: MountOption] = [
    "sync": .superblock, "async": .superblock, "dirsync": .superblock, "lazytime": .superblock,
    "nolazytime": .superblock, "mand": .superblock, "nomand": .superblock,
    "bind": .bind(isRecursive: false), "rbind": .bind(isRecursive: true),
    "remount": .remount, "tmpcopyup": .copyUp,
    // The kernel's log alone heeds silent and loud, and no superblock iversion any more.
    "defaults": .nothing, "silent": .nothing, "loud": .nothing, "iversion": .nothing,
    "noiversion": .nothing,
    "idmap": .unsupported, "ridmap": .unsupported, "copy-symlink": .unsupported,
    "src-nofollow": .unsupported, "dest-nofollow": .unsupported,
  ]
}
