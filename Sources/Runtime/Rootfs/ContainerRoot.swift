package import Kernel
package import RuntimeSpec

/// The mount that becomes the container's `/`, and everything that is done to it.
///
/// Init makes it in the container's mount namespace, before it pivots: all paths of the container
/// are resolved by openat2(2) from this mount's descriptor, never by name.
package struct ContainerRoot: ~Copyable {
  /// The root directory of the mount.
  package let descriptor: OwnedDescriptor
  let plan: RootfsPlan

  /// A root that is mounted already.
  init(descriptor: consuming OwnedDescriptor, plan: RootfsPlan) {
    self.descriptor = descriptor
    self.plan = plan
  }

  /// Keeps the container's mounts from reaching the host, and makes the rootfs a mount of its own.
  ///
  /// Spec: config-linux.md, "Rootfs Mount Propagation"; pivot_root(2) wants a mount, and no shared
  /// one.
  package init(_ plan: RootfsPlan) throws(RootfsError) {
    if plan.isAttached { try Self.setHostPropagation(plan.propagation) }
    let directory = try about("rootfs \(plan.path)") { () throws(KernelError) in
      try open(plan.path, [.path, .directory])
    }
    descriptor = try Self.mount(directory, plan)
    self.plan = plan
  }

  /// Makes the directory a mount, which lies over it where the plan wants it attached.
  private static func mount(
    _ directory: consuming OwnedDescriptor,
    _ plan: RootfsPlan,
  ) throws(RootfsError) -> OwnedDescriptor {
    if plan.propagation?.kind == .shared {
      try Self.makeMountPrivate(of: directory, path: plan.path)
    }
    return try about("rootfs \(plan.path)") { () throws(KernelError) in
      let tree = try Mounting.clone(directory, isRecursive: true, subject: plan.path)
      if plan.propagation?.kind == .shared {
        try Mounting.setPropagation(
          of: tree,
          Propagation.Kind.private.mountFlag,
          isRecursive: false,
          subject: plan.path
        )
      }
      if plan.isAttached { try Mounting.attach(tree, on: directory, subject: plan.path) }
      return tree
    }
  }

  /// Mounts of the host keep coming in unless the plan says otherwise; none of ours goes out, but
  /// where the plan wants them shared.
  private static func setHostPropagation(_ wanted: Propagation?) throws(RootfsError) {
    let kind: Propagation.Kind =
      switch wanted?.kind {
      case .shared: .shared
      // Nothing can be cloned from an unbindable mount: it gets so at the end.
      case .private, .unbindable: .private
      case .slave, nil: .slave
      }
    let recursive: UInt64 = 1 << 14  // MS_REC
    try about("propagation of /") { () throws(KernelError) in
      try Mounting.setRootPropagation(UInt(kind.mountFlag | recursive))
    }
  }

  /// What is attached below a shared mount would show up on the host: the mount that holds the
  /// rootfs stops being shared in this namespace.
  private static func makeMountPrivate(
    of directory: borrowing OwnedDescriptor,
    path: String,
  ) throws(RootfsError) {
    try about("rootfs \(path)") { () throws(KernelError) in
      var place = try directory.duplicate()
      while try !place.isMountRoot() {
        place = try open(at: place, "..", [.path, .directory], [])
      }
      try Mounting.setPropagation(
        of: place,
        Propagation.Kind.private.mountFlag,
        isRecursive: false,
        subject: path
      )
    }
  }

  /// Makes the rootfs read-only and propagate as the plan says: the last that is done to it.
  package func seal() throws(RootfsError) {
    try about("rootfs \(plan.path)") { () throws(KernelError) in
      if plan.isReadonly {
        try Mounting.setAttributes(
          of: descriptor,
          set: MountAttribute.readOnly,
          clear: 0,
          isRecursive: false,
          subject: plan.path
        )
      }
    }
  }

  /// Makes the mount the root of this namespace, and lets go of the host's.
  ///
  /// With `byMoving` the mount is moved over the host's root instead, for hosts that run from an
  /// initial ramdisk, where pivot_root(2) can't work. A mount that hangs nowhere becomes the root of
  /// this process alone.
  package consuming func enter(byMoving: Bool) throws(RootfsError) {
    let propagation = plan.propagation
    let path = plan.path
    let isAttached = plan.isAttached
    let directory = descriptor
    try about("rootfs \(path)") { () throws(KernelError) in
      try Process.changeDirectory(to: directory, subject: path)
      if !isAttached {
        try Mounting.changeRootToWorkingDirectory()
      } else if byMoving {
        try Mounting.moveWorkingDirectoryToRoot()
      } else {
        try Mounting.pivotToWorkingDirectory()
      }
      guard let propagation else { return }
      let recursive: UInt64 = propagation.isRecursive ? 1 << 14 : 0
      try Mounting.setRootPropagation(UInt(propagation.kind.mountFlag | recursive))
    }
  }
}
