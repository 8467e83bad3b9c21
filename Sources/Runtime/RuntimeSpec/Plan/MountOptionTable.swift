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
  /// Maps the ids of the mount's files.
  case mapIdentities(isRecursive: Bool)
  /// Makes a link as the source, in place of mounting what it leads to; as crun does.
  case copyLink
  /// Mounts a source that is a link as the link; as crun does.
  case sourceNoFollow
  /// Mounts over a destination that is a link; as crun does.
  case destinationNoFollow
  /// Changes nothing that a kernel of today knows.
  case nothing
}

/// The words for mounts that the specification, runc and crun know; any other one belongs to the
/// file system.
///
/// Spec: config.md, "Linux mount options".
package enum MountOptionTable {
  /// The words that are carried out, sorted, as `features` lists them.
  package static var supportedNames: [String] {
    let plain = options.map(\.name)
    let recursive = options.filter { $0.option.recursiveForm != nil }.map { "r\($0.name)" }
    return (plain + recursive).sorted()
  }

  static func option(named name: String) -> MountOption? {
    if let entry = options.first(where: { $0.name == name }) { return entry.option }
    guard name.utf8.first == UInt8(ascii: "r") else { return nil }
    let plainName = name.dropFirst()
    return options.first { $0.name == plainName }?.option.recursiveForm
  }

  private static let times = MountAttribute.accessTimeMask

  // A list that is searched: a dictionary costs more to build than all its look-ups save.
  private static let options: [(name: String, option: MountOption)] = [
    ("bind", .bind(isRecursive: false)),
    ("rbind", .bind(isRecursive: true)),
    ("ro", .set(MountAttribute.readOnly, clearing: 0)),
    ("rw", .clear(MountAttribute.readOnly)),
    ("nosuid", .set(MountAttribute.noSetUserID, clearing: 0)),
    ("suid", .clear(MountAttribute.noSetUserID)),
    ("nodev", .set(MountAttribute.noDevices, clearing: 0)),
    ("dev", .clear(MountAttribute.noDevices)),
    ("noexec", .set(MountAttribute.noExecution, clearing: 0)),
    ("exec", .clear(MountAttribute.noExecution)),
    ("nosymfollow", .set(MountAttribute.noSymlinkFollow, clearing: 0)),
    ("symfollow", .clear(MountAttribute.noSymlinkFollow)),
    ("nodiratime", .set(MountAttribute.noDirectoryAccessTime, clearing: 0)),
    ("diratime", .clear(MountAttribute.noDirectoryAccessTime)),
    ("noatime", .set(MountAttribute.noAccessTime, clearing: times)),
    ("relatime", .set(MountAttribute.relativeAccessTime, clearing: times)),
    ("strictatime", .set(MountAttribute.strictAccessTime, clearing: times)),
    // Without its setting each of them falls back to the kernel's own, which is relatime.
    ("atime", .clear(times)),
    ("norelatime", .clear(times)),
    ("nostrictatime", .clear(times)),
    ("private", .propagate(Propagation(kind: .private, isRecursive: false))),
    ("rprivate", .propagate(Propagation(kind: .private, isRecursive: true))),
    ("shared", .propagate(Propagation(kind: .shared, isRecursive: false))),
    ("rshared", .propagate(Propagation(kind: .shared, isRecursive: true))),
    ("slave", .propagate(Propagation(kind: .slave, isRecursive: false))),
    ("rslave", .propagate(Propagation(kind: .slave, isRecursive: true))),
    ("unbindable", .propagate(Propagation(kind: .unbindable, isRecursive: false))),
    ("runbindable", .propagate(Propagation(kind: .unbindable, isRecursive: true))),
    ("sync", .superblock),
    ("async", .superblock),
    ("dirsync", .superblock),
    ("lazytime", .superblock),
    ("nolazytime", .superblock),
    ("mand", .superblock),
    ("nomand", .superblock),
    ("acl", .superblock),
    ("noacl", .superblock),
    ("remount", .remount),
    ("tmpcopyup", .copyUp),
    // The kernel's log alone heeds silent and loud, and no superblock iversion any more.
    ("defaults", .nothing),
    ("silent", .nothing),
    ("loud", .nothing),
    ("iversion", .nothing),
    ("noiversion", .nothing),
    ("idmap", .mapIdentities(isRecursive: false)),
    ("ridmap", .mapIdentities(isRecursive: true)),
    ("copy-symlink", .copyLink),
    ("src-nofollow", .sourceNoFollow),
    ("dest-nofollow", .destinationNoFollow),
  ]
}

extension MountOption {
  /// The same change for every mount below too: an attribute's word with an r before it, as rro.
  fileprivate var recursiveForm: MountOption? {
    switch self {
    case .set(let bits, let clearing): .setBelow(bits, clearing: clearing)
    case .clear(let bits): .clearBelow(bits)
    case .setBelow, .clearBelow, .superblock, .bind, .propagate, .remount, .copyUp, .nothing,
      .mapIdentities, .copyLink, .sourceNoFollow, .destinationNoFollow:
      nil
    }
  }
}
