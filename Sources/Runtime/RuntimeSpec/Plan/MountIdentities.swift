/// The ids that a mount's files show: MOUNT_ATTR_IDMAP of mount_setattr(2).
///
/// Spec: config.md, "Linux mount options", idmap and ridmap; "Mounts", uidMappings.
package struct MountIdentities: Equatable, Sendable {
  /// Where the mapping comes from.
  package enum Source: Equatable, Sendable {
    /// The container's user namespace.
    case container
    case own(uids: [IDMapping], gids: [IDMapping])
  }

  package var source: Source
  /// For every mount below too.
  package var isRecursive: Bool
}

extension MountPlan {
  /// Decides on the mapping of one mount; `word` is its option for that, if it has one.
  static func identities(
    _ mount: Configuration.Mount,
    pointer: String,
    word: (isRecursive: Bool, position: Int)?,
    isBind: Bool,
  ) throws(ConfigurationError) -> MountIdentities? {
    let uids = mount.uidMappings ?? []
    let gids = mount.gidMappings ?? []
    guard word != nil || !uids.isEmpty || !gids.isEmpty else { return nil }
    let place = word.map { "options/\($0.position)" }
    func failure(_ property: String, _ rule: String) -> ConfigurationError {
      ConfigurationError(
        pointer: "\(pointer)/\(property)",
        rule: rule,
        clause: "config.md, \"Mounts\"",
      )
    }
    guard isBind else {
      let property = place ?? (uids.isEmpty ? "gidMappings" : "uidMappings")
      throw failure(property, "is for bind mounts alone: a new file system has no ids to map")
    }
    guard uids.isEmpty == gids.isEmpty else {
      let missing = uids.isEmpty ? "uidMappings" : "gidMappings"
      throw failure(missing, "is required where the other ids of the mount are mapped")
    }
    try NamespacePlan.checkRanges(uids, "\(pointer)/uidMappings")
    try NamespacePlan.checkRanges(gids, "\(pointer)/gidMappings")
    let isRecursive = word?.isRecursive ?? false
    return MountIdentities(
      source: uids.isEmpty ? .container : .own(uids: uids, gids: gids),
      isRecursive: isRecursive
    )
  }
}

extension NamespacePlan {
  /// Refuses mounts that are to have the mapping of a user namespace that isn't there.
  func checkIdentities(of mounts: [MountPlan]) throws(ConfigurationError) {
    guard source(of: .user) == nil else { return }
    for mount in mounts where mount.identities?.source == .container {
      throw ConfigurationError(
        pointer: "\(mount.pointer)/options",
        rule: "needs uidMappings and gidMappings, of the mount or of a user namespace, to map ids",
        clause: "config.md, \"Linux mount options\"",
      )
    }
  }
}
