import Kernel
import RuntimeSpec

/// Paths that the container may not see, or not change.
/// Spec: config-linux.md, "Masked Paths", "Readonly Paths".
extension ContainerRoot {
  /// Makes paths read-only; those that aren't there are passed over.
  ///
  /// The copy is made read-only before it is attached, to the very file that was copied: there is
  /// nothing to swap between a check and a use.
  package func makeReadOnly(_ paths: [String]) throws(RootfsError) {
    for path in paths {
      try about("read-only path \(path)") { () throws(KernelError) in
        guard let place = try find(path) else { return }
        let tree = try Mounting.clone(place, isRecursive: true, subject: path)
        try Mounting.setAttributes(
          of: tree,
          set: MountAttribute.readOnly,
          clear: 0,
          isRecursive: false,
          subject: path
        )
        try Mounting.attach(tree, on: place, subject: path)
      }
    }
  }

  /// Hides files behind the host's /dev/null, and directories behind an empty file system; paths
  /// that aren't there are passed over.
  package func mask(_ paths: [String]) throws(RootfsError) {
    guard !paths.isEmpty else { return }
    let null = try Self.openNull()
    // The container's root may own its inode: it must not change what is the host's.
    var cover: OwnedDescriptor?
    // One empty file system for all directories: each new one would cost a superblock. What is copied
    // is the mount of the first one: before Linux 6.15 none can be that is not attached.
    var empty: OwnedDescriptor?
    for path in paths {
      try about("masked path \(path)") { () throws(KernelError) in
        guard let place = try find(path) else { return }
        if try place.status().kind == .directory {
          if let attached = empty.take() {
            let cover = try Mounting.clone(attached, isRecursive: false, subject: path)
            try Mounting.attach(cover, on: place, subject: path)
            empty = consume attached
          } else {
            let cover = try Self.makeEmpty()
            try Mounting.attach(cover, on: place, subject: path)
            empty = consume cover
          }
        } else if let attached = cover.take() {
          let copy = try Mounting.clone(attached, isRecursive: false, subject: path)
          try Mounting.attach(copy, on: place, subject: path)
          cover = consume attached
        } else {
          let first = try Mounting.readOnlyClone(null, subject: path)
          try Mounting.attach(first, on: place, subject: path)
          cover = consume first
        }
      }
    }
  }

  /// Covers a device of the host with itself, read-only, for who binds it by its path as CRIU does.
  ///
  /// In a mount namespace that nobody else is in, and from which nothing goes out: that of this root.
  package func shieldDevice(_ path: String) throws(RootfsError) {
    try about("device \(path)") { () throws(KernelError) in
      let device = try open(path, [.path, .noFollow])
      try Mounting.attach(
        try Mounting.readOnlyClone(device, subject: path),
        on: device,
        subject: path
      )
    }
  }

  private static func makeEmpty() throws(KernelError) -> OwnedDescriptor {
    let context = try Mounting.openFileSystem("tmpfs")
    for (key, value) in [("size", "0"), ("nr_inodes", "2"), ("mode", "0555")] {
      try Mounting.setOption(context, key, value)
    }
    let attributes =
      MountAttribute.readOnly | MountAttribute.noSetUserID | MountAttribute.noDevices
      | MountAttribute.noExecution
    return try Mounting.create(context, attributes: attributes, subject: "tmpfs")
  }

  /// The host's /dev/null, which is what it says it is.
  ///
  /// A symbolic link in its place would turn a masked path into a writable one (CVE-2025-31133).
  private static func openNull() throws(RootfsError) -> OwnedDescriptor {
    let null = try about("/dev/null") { () throws(KernelError) in
      try open("/dev/null", [.path, .noFollow])
    }
    let status = try about("/dev/null") { () throws(KernelError) in try null.status() }
    guard status.kind == .characterDevice, status.device == DeviceNumber(major: 1, minor: 3) else {
      throw .refused("/dev/null of the host is no null device")
    }
    return null
  }
}

extension Mounting {
  /// A detached copy of what is mounted at an open file, through which nothing of it is changed.
  static func readOnlyClone(
    _ source: borrowing OwnedDescriptor,
    subject: String,
  ) throws(KernelError) -> OwnedDescriptor {
    let tree = try clone(source, isRecursive: false, subject: subject)
    try setAttributes(
      of: tree,
      set: MountAttribute.readOnly,
      clear: 0,
      isRecursive: false,
      subject: subject
    )
    return tree
  }
}
