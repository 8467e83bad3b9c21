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
  let user = try userNamespace(of: identities, namespaces, joined: joined, subject, processes)
  let mount = try duplicate(tree, subject)
  try about(subject) { () throws(KernelError) in
    try Mounting.mapIdentities(
      of: mount,
      as: user,
      isRecursive: identities.isRecursive,
      subject: subject
    )
  }
}

/// The user namespace whose mapping a mount gets.
private func userNamespace(
  of identities: MountIdentities,
  _ namespaces: NamespacePlan,
  joined: CInt?,
  _ subject: String,
  _ processes: borrowing ProcessFiles,
) throws(LaunchError) -> OwnedDescriptor {
  switch (identities.source, joined) {
  case (.own(let uids, let gids), _):
    return try userNamespace(uids: uids, gids: gids, processes)
  case (.container, let joined?):
    // The document only says something of it: its mapping is whatever it has.
    return try duplicate(joined, subject)
  case (.container, nil):
    let (uids, gids) = (namespaces.uidMappings, namespaces.gidMappings)
    return try userNamespace(uids: uids, gids: gids, processes)
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
      try processes.write("\(pid)/gid_map", gids.text)
      try processes.write("\(pid)/uid_map", uids.text)
      let namespace = try processes.openTarget(of: "\(pid)/ns/user", [.readOnly])
      _ = consume channel
      _ = try Process.wait(for: pid)
      return namespace
    }
  }
}
