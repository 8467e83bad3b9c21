package import Kernel
package import RuntimeSpec

/// What there is to be bound, opened.
package enum BindSource: Sendable {
  /// A copy of the source's mount, attached nowhere: whoever attaches it closes it.
  case tree(CInt)
  /// What a source that is a symbolic link says, where the link is to be made anew.
  case link(String)
}

/// Parts of the host's tree that the container sees too.
extension ContainerRoot {
  /// Binds a path of the host, or what the creator has opened of it.
  func bind(
    _ path: String,
    opened: BindSource?,
    _ plan: MountPlan,
  ) throws(RootfsError) {
    // The creator's is a detached copy already: a mount of another namespace can't be copied here.
    let source = try about(plan.subject) { () throws(KernelError) in
      if let opened { return opened }
      return try openBindSource(path, plan)
    }
    switch source {
    case .link(let text): try makeLink(to: text, plan)
    case .tree(let tree): try attach(OwnedDescriptor(adopting: tree), from: path, plan)
    }
  }

  private func attach(
    _ tree: consuming OwnedDescriptor,
    from source: String,
    _ plan: MountPlan,
  ) throws(RootfsError) {
    let isDirectory = try about(plan.subject) { () throws(KernelError) in
      try tree.status().kind == .directory
    }
    let target = try place(of: plan, missing: isDirectory ? .directory : .file)
    let place = try about(plan.subject) { () throws(KernelError) in try target.status() }
    // The kernel's word is EINVAL; callers know mount(2)'s, and people want to know which is which.
    guard isDirectory == (place.kind == .directory) else {
      let odd = isDirectory ? plan.destination : source
      throw .refused("\(plan.subject): \(odd): not a directory")
    }
    try about(plan.subject) { () throws(KernelError) in
      try Mounting.attach(tree, on: target, subject: plan.destination)
    }
    try Self.finish(tree, plan)
  }

  /// The place of a mount, made if it is missing; with `dest-nofollow` a link is one itself.
  func place(of plan: MountPlan, missing: Missing) throws(RootfsError) -> OwnedDescriptor {
    if !plan.followsDestination, let link = try link(at: plan.destination, plan.subject) {
      return link
    }
    return try findOrMake(plan.destination, missing: missing)
  }

  /// Opens a symbolic link itself; nil where there is none.
  private func link(at path: String, _ subject: String) throws(RootfsError) -> OwnedDescriptor? {
    try about(subject) { () throws(KernelError) in
      do throws(KernelError) {
        // O_NOFOLLOW with O_PATH opens a link itself.
        let entry = try open(at: descriptor, path, [.path, .noFollow], [.inRoot, .noMagicLinks])
        guard try entry.status().kind == .symbolicLink else { return nil }
        return entry
      } catch  where error.code == .noEntry || error.code == .notDirectory {
        return nil
      }
    }
  }

  /// Makes a link as the source is one; one that is there must say the same.
  private func makeLink(to text: String, _ plan: MountPlan) throws(RootfsError) {
    let steps = components(of: plan.destination)
    guard let name = steps.last.map(String.init) else {
      throw .refused("\(plan.subject): the root is no place for a link")
    }
    let parent = try findOrMake(
      "/" + steps.dropLast().joined(separator: "/"),
      missing: .directory
    )
    do throws(KernelError) {
      try Directory.makeSymbolicLink(at: parent, name, to: text)
    } catch  where error.code == .exists {
      let status = try about(plan.subject) { () throws(KernelError) in
        try Directory.status(at: parent, name)
      }
      let present = try about(plan.subject) { () throws(KernelError) in
        status.kind == .symbolicLink ? try Directory.readLink(at: parent, name) : nil
      }
      guard present == text else {
        throw .refused("\(plan.subject): something else than a link to \(text) is there")
      }
    } catch {
      throw .kernel(error, subject: plan.subject)
    }
  }
}

/// Opens the source of a bind mount, as its options say.
func openBindSource(_ source: String, _ plan: MountPlan) throws(KernelError) -> BindSource {
  var flags: OpenFlags = [.path]
  if plan.copiesLink || !plan.followsSource { flags.insert(.noFollow) }
  var file = try open(source, flags)
  if plan.copiesLink {
    if try file.status().kind == .symbolicLink {
      return .link(try Directory.readLink(at: file, ""))
    }
    // No link after all: an intermediate one would have been followed either way.
    if plan.followsSource { file = try open(source, [.path]) }
  }
  guard case .bind(_, let isRecursive) = plan.kind else {
    throw KernelError(call: "open_tree", code: .invalid, subject: source)
  }
  return .tree(try Mounting.clone(file, isRecursive: isRecursive, subject: source).release())
}

/// Opens the source of a bind mount in the creator, for an init that may not reach it.
///
/// - Returns: a detached copy, attached nowhere. What is mounted below the source on the host shows up
///   in it too, but nothing that the container mounts below its copy shows up on the host.
package func detachedBindSource(
  _ source: String,
  _ plan: MountPlan,
) throws(KernelError) -> BindSource {
  let opened = try openBindSource(source, plan)
  guard case .tree(let number) = opened else { return opened }
  let tree = OwnedDescriptor(adopting: number)
  // A copy is made in the host's mount namespace, and is a peer of a source that is shared.
  try Mounting.setPropagation(
    of: tree,
    Propagation.Kind.slave.mountFlag,
    isRecursive: true,
    subject: source
  )
  return .tree(tree.release())
}
