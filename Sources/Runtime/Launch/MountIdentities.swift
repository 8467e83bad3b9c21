import Kernel
import RuntimeSpec

/// Shows the files of a detached mount with other ids.
///
/// Spec: config.md, "Linux mount options", idmap and ridmap. See: mount_setattr(2), "ID-mapped mounts".
///
/// - Throws: EPERM for a creator without privilege, EINVAL for a file system that can't.
func map(
  _ tree: CInt,
  _ identities: MountIdentities,
  _ namespaces: NamespacePlan,
  joined: CInt?,
  subject: String,
  _ processes: borrowing ProcessFiles,
) throws(LaunchError) {
  let (uids, gids) =
    switch identities.source {
    case .own(let uids, let gids): (uids, gids)
    case .container: (namespaces.uidMappings, namespaces.gidMappings)
    }
  // Of a namespace that is joined the document only says something: its mapping is whatever it has.
  let isJoined = identities.source == .container && joined != nil
  let user =
    isJoined
    ? try duplicate(joined ?? -1, subject) : try userNamespace(uids: uids, gids: gids, processes)
  let mount = try duplicate(tree, subject)
  do throws(KernelError) {
    try Mounting.mapIdentities(
      of: mount,
      as: user,
      isRecursive: identities.isRecursive,
      subject: subject
    )
  } catch {
    throw .kernel(error, subject: subject)
  }
}

private func duplicate(_ number: CInt, _ subject: String) throws(LaunchError) -> OwnedDescriptor {
  try about(subject) { () throws(KernelError) in try OwnedDescriptor.duplicating(raw: number) }
}

/// Makes a user namespace that nobody is in, for its mapping alone.
private func userNamespace(
  uids: [IDMapping],
  gids: [IDMapping],
  _ processes: borrowing ProcessFiles,
) throws(LaunchError) -> OwnedDescriptor {
  try about("id mappings of a mount") { () throws(KernelError) in
    let ends = try Channel.pair()
    switch try clone(namespaces: .user, cgroup: nil, asSibling: false) {
    case .child:
      let channel = ends.keepSecond()
      do throws(KernelError) { _ = try channel.receive() } catch { Process.end(1) }
      Process.end(0)
    case .parent(let pid, _):
      let channel = ends.keepFirst()
      try processes.write("\(pid)/gid_map", gids.map { "\($0.line)\n" }.joined())
      try processes.write("\(pid)/uid_map", uids.map { "\($0.line)\n" }.joined())
      let namespace = try processes.openTarget(of: "\(pid)/ns/user", [.readOnly])
      _ = consume channel
      _ = try Process.wait(for: pid)
      return namespace
    }
  }
}
