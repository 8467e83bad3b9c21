import Kernel
package import RuntimeSpec

/// A mount for a container that runs already, made before it is attached.
///
/// The container may do whatever it likes meanwhile, so the mount is complete before it is attached,
/// and each place is a descriptor that openat2(2) has resolved within the container's root.
package struct DetachedMount: Sendable {
  /// Open until this process ends, which is one for this work alone.
  private let tree: CInt
  private let plan: MountPlan

  /// Makes the mount, with its attributes, as this process sees its source.
  ///
  /// The label is the SELinux context of a new file system; nil leaves that to the policy.
  package init(_ plan: MountPlan, label: String?) throws(RootfsError) {
    let made: OwnedDescriptor
    switch plan.kind {
    case .bind(let source, _):
      let opened = try about(plan.subject) { () throws(KernelError) in
        try detachedBindSource(source, plan)
      }
      guard case .tree(let tree) = opened else {
        throw .refused("\(plan.subject): it would make a link")
      }
      made = OwnedDescriptor(adopting: tree)
    case .filesystem(let type, let source):
      let label = MountLabel(label, of: plan, type: type)
      made = try ContainerRoot.newFileSystem(type: type, source: source, plan, label)
    case .cgroup:
      throw .refused("\(plan.subject): it would show the runtime's namespace")
    }
    try ContainerRoot.finish(made, plan)
    self.tree = made.release()
    self.plan = plan
  }

  /// The mount's id, which it keeps when it is attached.
  package func id() throws(RootfsError) -> UInt64 {
    try about(plan.subject) { () throws(KernelError) in
      try OwnedDescriptor.duplicating(raw: tree).mountID()
    }
  }

  /// Takes the mount away again from where it has been attached.
  package func remove(from root: borrowing ContainerRoot) throws(RootfsError) {
    try root.removeMount(at: plan.destination, id: try id()) {}
  }

  /// Attaches the mount at its destination, which is made if it is missing.
  package func attach(in root: borrowing ContainerRoot) throws(RootfsError) {
    let mount = try about(plan.subject) { () throws(KernelError) in
      try OwnedDescriptor.duplicating(raw: tree)
    }
    let status = try about(plan.subject) { () throws(KernelError) in try mount.status() }
    let target = try root.findOrMake(
      plan.destination,
      missing: status.kind == .directory ? .directory : .file
    )
    try about(plan.subject) { () throws(KernelError) in
      try Mounting.attach(mount, on: target, subject: plan.destination)
    }
  }
}

extension ContainerRoot {
  /// The root of the mount namespace that this process has joined.
  package static func ofJoinedNamespace() throws(RootfsError) -> ContainerRoot {
    let root = try about("/") { () throws(KernelError) in try open("/", [.path, .directory]) }
    return ContainerRoot(
      descriptor: root,
      plan: RootfsPlan(path: "/", isReadonly: false, propagation: nil)
    )
  }

  /// Takes the mount at a destination away, with all that is mounted below it.
  ///
  /// The container must not be able to turn one mount into another: not by a symbolic link to a
  /// masked path, say. Either the mount has the id that was noted when it was added, or no link leads
  /// to it and it covers nothing of the kernel's own file systems. `id` is that of the mount that was
  /// added there, and nil when none was. `parting` is called when the mount is about to go, and when
  /// nothing is mounted there any more.
  package func removeMount(
    at destination: String,
    id: UInt64?,
    _ parting: () -> Void,
  ) throws(RootfsError) {
    do throws(RootfsError) {
      try removePresentMount(at: destination, id: id, parting)
    } catch .kernel(let error, let subject) where error.code == .noEntry {
      parting()
      throw .kernel(error, subject: subject)
    }
  }

  private func removePresentMount(
    at destination: String,
    id: UInt64?,
    _ parting: () -> Void,
  ) throws(RootfsError) {
    let subject = "mount at \(destination)"
    guard let name = components(of: destination).last.map(String.init) else {
      throw .refused("\(subject): the root stays")
    }
    let parentPath = "/" + components(of: destination).dropLast().joined(separator: "/")
    let links: Resolution = id == nil ? [.noSymlinks] : []
    let parent = try about(subject) { () throws(KernelError) in
      try open(at: descriptor, parentPath, [.path, .directory], [.inRoot, .noMagicLinks, links])
    }
    let entry = try about(subject) { () throws(KernelError) in
      // O_NOFOLLOW with O_PATH opens a link itself.
      try open(at: parent, name, [.path, .noFollow], [.beneath, .noMagicLinks])
    }
    let status = try about(subject) { () throws(KernelError) in try entry.status() }
    if status.kind == .symbolicLink, let id {
      return try removeMount(behindLink: destination, id: id, subject: subject, parting)
    }
    guard try isMount(entry, in: parent, id: id, subject: subject) else {
      parting()
      throw .refused("\(subject): nothing is mounted there")
    }
    parting()
    try keepHostsMounts(below: entry, subject: subject)
    // A mount point can be neither renamed nor removed in its namespace: the name stays this mount's
    // for as long as it is mounted, and only its directory has to be held.
    try about(subject) { () throws(KernelError) in
      try Process.changeDirectory(to: parent, subject: destination)
      try Mounting.detach(inWorkingDirectory: name)
      try Process.changeDirectory(to: descriptor, subject: "/")
    }
  }

  /// As `removeMount(at:id:)`, where the last step of the destination is a symbolic link.
  private func removeMount(
    behindLink destination: String,
    id: UInt64,
    subject: String,
    _ parting: () -> Void,
  ) throws(RootfsError) {
    let found = try about(subject) { () throws(KernelError) in try find(destination) }
    guard let found, try isMount(found, in: found, id: id, subject: subject) else {
      parting()
      throw .refused("\(subject): nothing is mounted there")
    }
    parting()
    try keepHostsMounts(below: found, subject: subject)
    try about(subject) { () throws(KernelError) in
      try Process.changeDirectory(to: found, subject: destination)
      try Mounting.detachWorkingDirectory(subject: destination)
      try Process.changeDirectory(to: descriptor, subject: "/")
    }
  }

  /// Cuts a mount off from those that it shares what is mounted below it with: that goes with it here,
  /// and would go there too.
  private func keepHostsMounts(
    below mount: borrowing OwnedDescriptor,
    subject: String,
  ) throws(RootfsError) {
    try about(subject) { () throws(KernelError) in
      try Mounting.setPropagation(
        of: mount,
        Propagation.Kind.slave.mountFlag,
        isRecursive: true,
        subject: subject
      )
    }
  }

  /// - Returns: whether something is mounted there, which may be taken away then.
  private func isMount(
    _ entry: borrowing OwnedDescriptor,
    in parent: borrowing OwnedDescriptor,
    id: UInt64?,
    subject: String,
  ) throws(RootfsError) -> Bool {
    let (isRoot, found) = try about(subject) { () throws(KernelError) in
      (try entry.isMountRoot(), try entry.mountID())
    }
    guard isRoot else { return false }
    if let id {
      guard id == found else {
        throw .refused("\(subject): something else is mounted over what was added there")
      }
      return true
    }
    let magic = try about(subject) { () throws(KernelError) in try parent.fileSystemMagic() }
    guard !FileSystemMagic.kernelOwn.contains(magic) else {
      throw .refused("\(subject): it covers a part of the kernel's own file systems, and stays")
    }
    return true
  }
}
