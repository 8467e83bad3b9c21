package import Kernel
package import RuntimeSpec

/// Makes the set of what a container's processes may reach; the current root is the container's.
///
/// See: landlock(7).
///
/// The paths are resolved in a tree that the container may be changing: what it may write is therefore
/// what it is called, and never what a link leads to.
///
/// - Throws: EOPNOTSUPP or ENOSYS where the kernel has no Landlock, or too little of it; ENOENT for a
///   path that the container hasn't; ELOOP for a path to write that has a link in it.
package func landlockRuleset(of plan: LandlockPlan) throws(KernelError) -> LandlockRuleset {
  let version = try LandlockRuleset.version()
  // Before version 3 a file can be emptied that must not be written.
  guard !plan.restrictsFiles || version >= 3 else {
    throw KernelError(
      call: "landlock_create_ruleset",
      code: .notSupported,
      subject: "paths need Linux 6.2"
    )
  }
  let files = plan.restrictsFiles ? LandlockAccess.all(version: version) : 0
  var ports: UInt64 = 0
  if plan.bindTCP != nil { ports |= LandlockAccess.bind }
  if plan.connectTCP != nil { ports |= LandlockAccess.connect }
  guard ports == 0 || version >= 4 else {
    throw KernelError(
      call: "landlock_create_ruleset",
      code: .notSupported,
      subject: "TCP ports need Linux 6.7"
    )
  }
  let ruleset = try LandlockRuleset(handling: files, ports: ports)
  let root = try open("/", [.path, .directory])
  let inside: Resolution = [.inRoot, .noMagicLinks]
  let sets = [
    (plan.readOnly, LandlockAccess.read, inside),
    (plan.readWrite, files & ~LandlockAccess.execution, inside.union(.noSymlinks)),
    (plan.execute, LandlockAccess.read | LandlockAccess.execution, inside),
  ]
  for (paths, access, resolution) in sets {
    for path in paths {
      let place = try open(at: root, path, [.path], resolution)
      let isDirectory = try place.status().kind == .directory
      let allowed = access & files & (isDirectory ? .max : LandlockAccess.ofFiles)
      try ruleset.allow(allowed, at: place, subject: path)
    }
  }
  for port in plan.bindTCP ?? [] { try ruleset.allow(LandlockAccess.bind, port: port) }
  for port in plan.connectTCP ?? [] { try ruleset.allow(LandlockAccess.connect, port: port) }
  return ruleset
}

/// The LANDLOCK_ACCESS_* bits of <linux/landlock.h>.
private enum LandlockAccess {
  static let execution: UInt64 = 1 << 0
  /// READ_FILE, READ_DIR.
  static let read: UInt64 = 1 << 2 | 1 << 3
  /// What a rule about one file may hold: EXECUTE, WRITE_FILE, READ_FILE, TRUNCATE, IOCTL_DEV.
  static let ofFiles: UInt64 = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 14 | 1 << 15
  static let bind: UInt64 = 1 << 0
  static let connect: UInt64 = 1 << 1

  /// Everything with files that a version of the interface knows, from 3.
  static func all(version: Int) -> UInt64 {
    switch version {
    case ..<5: (1 << 15) - 1  // The last is TRUNCATE.
    default: (1 << 16) - 1  // IOCTL_DEV
    }
  }
}
