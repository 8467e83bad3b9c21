internal import JSON

/// Mounts for a container that runs already: the documents of `swrun mounts`.
///
/// A document is a list of mounts as in config.json, an object with such a list as `mounts`, or one
/// mount alone.
extension MountPlan {
  private static let clause = "swrun-mounts(8)"

  /// Reads the mounts to add.
  ///
  /// - Throws: what is wrong with the document; and for a mount that only makes sense while a
  ///   container is made.
  package static func added(
    parsing bytes: [UInt8],
    bundle: String,
  ) throws(ConfigurationError) -> [MountPlan] {
    let document = try parse(bytes)
    do {
      var mounts: [Configuration.Mount] = []
      for node in try entries(of: document.root) {
        mounts.append(try Configuration.Mount(Section(node, "config.md, \"Mounts\"")))
      }
      let plans = try list(mounts, bundle: bundle)
      for plan in plans { try plan.checkAddable() }
      return plans
    } catch {
      throw error.located(in: document)
    }
  }

  /// Reads the destinations of the mounts to remove; nothing else of them counts.
  package static func removed(parsing bytes: [UInt8]) throws(ConfigurationError) -> [String] {
    let document = try parse(bytes)
    var destinations: [String] = []
    for node in try entries(of: document.root) {
      let section = try Section(node, clause)
      let destination = try section.required("destination", section.string("destination"))
      destinations.append(destination.cleanAbsolutePath)
    }
    return destinations
  }

  private static func parse(_ bytes: [UInt8]) throws(ConfigurationError) -> JSONDocument {
    do throws(JSONError) {
      return try JSONDocument(parsing: bytes)
    } catch {
      throw ConfigurationError(error)
    }
  }

  private static func entries(of root: JSONNode) throws(ConfigurationError) -> [JSONNode] {
    let list = root.kind == .object ? root["mounts"] : root
    guard let list else { return [root] }
    guard list.kind == .array else { throw list.mismatch("an array of mounts", clause) }
    return Array(list.elements)
  }

  private func checkAddable() throws(ConfigurationError) {
    guard destination != "/" else { throw refusal("destination", "must not be the root") }
    guard !isRemount else {
      throw refusal("options", "must not have remount: remove the mount and add it anew")
    }
    guard !copiesUp else {
      throw refusal("options", "must not have tmpcopyup: the container could change what is copied")
    }
    guard identities == nil else {
      throw refusal("options", "must not map ids: that is for a container in the making")
    }
    guard followsSource, followsDestination, !copiesLink else {
      throw refusal("options", "must not be about symbolic links: name what they lead to")
    }
    switch kind {
    case .bind: return
    case .cgroup: throw refusal("type", Self.namespaceRule("cgroup"))
    case .filesystem(let type, _):
      guard ["proc", "sysfs", "mqueue"].contains(type) else { return }
      throw refusal("type", Self.namespaceRule(type))
    }
  }

  private static func namespaceRule(_ type: String) -> String {
    "must not be \(quoted(type)): it would show the namespaces of the runtime"
  }

  private func refusal(_ property: String, _ rule: String) -> ConfigurationError {
    ConfigurationError(pointer: "\(pointer)/\(property)", rule: rule, clause: Self.clause)
  }
}
