import Kernel
import Rootfs
import RuntimeSpec
import State

/// The namespaces of a running container that its mounts depend on, opened and sure to be its own.
struct MountNamespaces: ~Copyable {
  let mount: OwnedDescriptor
  /// Nil where the container is in this process's user namespace.
  let user: OwnedDescriptor?
  /// The inode of the user namespace that owned the mount namespace when it was made.
  private let owner: UInt32?

  /// Opens the namespaces of a container's init.
  init(
    of record: ContainerRecord,
    in directory: borrowing ContainerDirectory,
    on host: borrowing Host,
  ) throws(RuntimeError) {
    // Not what init is in at the moment: without one of its own it may be in any, and its root is not
    // that namespace's.
    let basis = try withState { () throws(StateError) in try directory.readBasis() }
    guard basis.namespaces.contains(.mount) else {
      throw .refused("container \(record.id) has no mount namespace of its own")
    }
    guard let process = record.initProcess, let opened = try openInit(record, on: host) else {
      throw .notRunning("container not running")
    }
    let namespaces = "\(process.pid)/ns"
    guard let mount = try Self.openForeign("\(namespaces)/mnt", own: "self/ns/mnt", on: host) else {
      throw .refused("container \(record.id) shares the mount namespace of the host")
    }
    let user = try Self.openForeign("\(namespaces)/user", own: "self/ns/user", on: host)
    // Had init ended before its files were opened they could be another process's.
    let hasEnded = try about("init of container \(record.id)") { () throws(KernelError) in
      try opened.wait(for: .readable, milliseconds: 0)
    }
    guard !hasEnded else { throw .notRunning("container not running") }
    let inode = try about("mounts") { () throws(KernelError) in try Self.inode(of: user, on: host) }
    guard record.namespaceOwners?.user == inode else {
      throw .refused("mounts: \(NamespaceOwners.complaint)")
    }
    self.mount = mount
    self.user = user
    owner = record.namespaceOwners?.mounts
  }

  private static func inode(
    of user: borrowing OwnedDescriptor?,
    on host: borrowing Host,
  ) throws(KernelError) -> UInt32 {
    switch user {
    case nil: try host.processes.userNamespace(of: "self")
    case let user?: try user.namespaceInode()
    }
  }

  /// The numbers of their descriptors.
  var numbers: [CInt] {
    switch user {
    case nil: [mount.raw]
    case let user?: [mount.raw, user.raw]
    }
  }

  /// Whether the container has a user namespace of its own.
  var hasUser: Bool {
    switch user {
    case nil: false
    case _?: true
    }
  }

  /// Opens a namespace; nil when it is this process's own.
  private static func openForeign(
    _ path: String,
    own: String,
    on host: borrowing Host,
  ) throws(RuntimeError) -> OwnedDescriptor? {
    try about("namespace \(path)") { () throws(KernelError) in
      let opened = try host.processes.openTarget(of: path, [.readOnly])
      let ownStatus = try host.processes.openTarget(of: own, [.readOnly]).status()
      let status = try opened.status()
      if status.isSameFile(as: ownStatus) { return nil }
      return opened
    }
  }

  /// Moves this process into the container's user namespace, as its root.
  func enterUser() throws(KernelError) {
    switch user {
    case nil: return
    case let user?:
      try enter(namespace: user, .user, subject: "user namespace")
      try Process.becomeRoot()
    }
  }

  /// Whether the mount namespace is the one that the container was made with, asked from inside of the
  /// user namespace.
  ///
  /// In a mount namespace of init's own making, what is attached is init's to change: a read-only mount
  /// would be one no longer.
  func isMountOwn() throws(KernelError) -> Bool { try mount.namespaceOwner() == owner }

  /// Moves this process into the container's mount namespace.
  func enterMount() throws(KernelError) {
    try enter(namespace: mount, .mount, subject: "mount namespace")
  }
}
