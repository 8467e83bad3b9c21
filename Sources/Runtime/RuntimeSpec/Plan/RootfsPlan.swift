/// The container's root file system.
///
/// Spec: config.md, "Root".
package struct RootfsPlan: Equatable, Sendable {
  /// Absolute, on the host.
  package var path: String
  package var isReadonly: Bool
  /// The propagation of the container's `/`; nil is the default, a recursive slave.
  ///
  /// Spec: config-linux.md, "Rootfs Mount Propagation".
  package var propagation: Propagation?
  /// Whether it is mounted in a mount namespace of the container's.
  ///
  /// Without one it is a mount that hangs nowhere, which the container's root is changed to: see
  /// `ContainerPlan.leaveMountsToRuntime`.
  package var isAttached = true

  package init(path: String, isReadonly: Bool, propagation: Propagation?) {
    self.path = path
    self.isReadonly = isReadonly
    self.propagation = propagation
  }
}

/// The propagation of a mount.
///
/// See: mount_namespaces(7).
package struct Propagation: Equatable, Sendable {
  /// The four types of propagation.
  package enum Kind: String, CaseIterable, Equatable, Sendable {
    case shared
    case slave
    case `private`
    case unbindable

    /// The MS_* flag of the type, as mount_setattr(2) takes it too.
    ///
    /// See: uapi/linux/mount.h.
    package var mountFlag: UInt64 {
      switch self {
      case .shared: 1 << 20
      case .slave: 1 << 19
      case .private: 1 << 18
      case .unbindable: 1 << 17
      }
    }
  }

  package var kind: Kind
  /// Whether every mount below changes too.
  package var isRecursive: Bool

  package init(kind: Kind, isRecursive: Bool) {
    self.kind = kind
    self.isRecursive = isRecursive
  }
}

extension Propagation {
  /// The propagation of a name as `slave` or, for every mount below too, `rslave`.
  init?(name: String) {
    if let kind = Kind(rawValue: name) {
      self.init(kind: kind, isRecursive: false)
    } else if name.first == "r", let kind = Kind(rawValue: String(name.dropFirst())) {
      self.init(kind: kind, isRecursive: true)
    } else {
      return nil
    }
  }
}

extension RootfsPlan {
  init(_ configuration: Configuration, bundle: String) throws(ConfigurationError) {
    guard let root = configuration.root else {
      throw ConfigurationError(
        pointer: "/root",
        rule: "is required on Linux and missing",
        clause: "config.md, \"Root\"",
      )
    }
    guard !root.path.isEmpty else {
      throw ConfigurationError(
        pointer: "/root/path",
        rule: "must not be empty",
        clause: "config.md, \"Root\"",
      )
    }
    path = root.path.isAbsolutePath ? root.path : "\(bundle)/\(root.path)"
    isReadonly = root.readonly ?? false
    propagation = try Self.propagation(configuration.linux?.rootfsPropagation)
  }

  private static func propagation(_ name: String?) throws(ConfigurationError) -> Propagation? {
    guard let name, !name.isEmpty else { return nil }
    guard let propagation = Propagation(name: name) else {
      let names = Propagation.Kind.allCases.map(\.rawValue).joined(separator: ", ")
      throw ConfigurationError(
        pointer: "/linux/rootfsPropagation",
        rule: "must be one of \(names), alone or with an r before it, is \(quoted(name))",
        clause: "config-linux.md, \"Rootfs Mount Propagation\"",
      )
    }
    return propagation
  }
}
