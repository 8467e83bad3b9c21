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
    var coverOfFiles: OwnedDescriptor?
    // One empty file system for all: each new one would cost a superblock.
    var coverOfDirectories: OwnedDescriptor?
    for path in paths {
      try about("masked path \(path)") { () throws(KernelError) in
        guard let place = try find(path) else { return }
        if try place.status().kind == .directory {
          try Self.cover(place, path, with: &coverOfDirectories) { () throws(KernelError) in
            try Self.makeEmpty()
          }
        } else {
          // The container's root may own the inode: it must not change what is the host's.
          try Self.cover(place, path, with: &coverOfFiles) { () throws(KernelError) in
            try Mounting.readOnlyClone(null, subject: path)
          }
        }
      }
    }
  }

  /// Attaches a cover: a copy of the first of its kind, which is made where there is none yet.
  ///
  /// What is copied is attached: before Linux 6.15 nothing else can be.
  private static func cover(
    _ place: borrowing OwnedDescriptor,
    _ path: String,
    with first: inout OwnedDescriptor?,
    _ make: () throws(KernelError) -> OwnedDescriptor,
  ) throws(KernelError) {
    if let attached = first.take() {
      let copy = try Mounting.clone(attached, isRecursive: false, subject: path)
      try Mounting.attach(copy, on: place, subject: path)
      first = consume attached
    } else {
      let made = try make()
      try Mounting.attach(made, on: place, subject: path)
      first = consume made
    }
  }

  /// Covers the host's /dev/null with itself, read-only, for who binds it by its path as CRIU does.
  ///
  /// In a mount namespace that nobody else is in, and from which nothing goes out: that of this root.
  package func shieldNull() throws(RootfsError) {
    let null = try Self.openNull()
    try about("/dev/null") { () throws(KernelError) in
      let cover = try Mounting.readOnlyClone(null, subject: "/dev/null")
      try Mounting.attach(cover, on: null, subject: "/dev/null")
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
