package import Kernel
import RuntimeSpec

/// Parts of the host's tree that the container sees too.
extension ContainerRoot {
  /// Binds a path of the host, or a descriptor of it that the creator has opened.
  func bind(
    _ source: String,
    opened: CInt?,
    isRecursive: Bool,
    _ plan: MountPlan,
  ) throws(RootfsError) {
    let tree = try Self.tree(source, opened: opened, isRecursive: isRecursive, plan)
    let status = try about(plan.subject) { () throws(KernelError) in try tree.status() }
    let target = try findOrMake(
      plan.destination,
      missing: status.kind == .directory ? .directory : .file
    )
    let place = try about(plan.subject) { () throws(KernelError) in try target.status() }
    // The kernel's word is EINVAL; callers know mount(2)'s, and people want to know which is which.
    guard (status.kind == .directory) == (place.kind == .directory) else {
      let odd = status.kind == .directory ? plan.destination : source
      throw .refused("\(plan.subject): \(odd): not a directory")
    }
    try about(plan.subject) { () throws(KernelError) in
      try Mounting.attach(tree, on: target, subject: plan.destination)
    }
    try Self.finish(tree, plan)
  }

  private static func tree(
    _ source: String,
    opened: CInt?,
    isRecursive: Bool,
    _ plan: MountPlan,
  ) throws(RootfsError) -> OwnedDescriptor {
    try about(plan.subject) { () throws(KernelError) in
      // The creator's is a detached copy already: a mount of another namespace can't be copied here.
      if let opened { return OwnedDescriptor(adopting: opened) }
      let file = try open(source, [.path])
      return try Mounting.clone(file, isRecursive: isRecursive, subject: source)
    }
  }
}

/// Opens the source of a bind mount in the creator, for an init that may not reach it.
///
/// - Returns: a detached copy, attached nowhere. What is mounted below the source on the host shows up
///   in it too, but nothing that the container mounts below its copy shows up on the host.
package func detachedBindSource(
  _ source: String,
  isRecursive: Bool,
) throws(KernelError) -> OwnedDescriptor {
  let file = try open(source, [.path])
  let tree = try Mounting.clone(file, isRecursive: isRecursive, subject: source)
  // A copy is made in the host's mount namespace, and is a peer of a source that is shared.
  try Mounting.setPropagation(
    of: tree,
    Propagation.Kind.slave.mountFlag,
    isRecursive: true,
    subject: source
  )
  return tree
}
