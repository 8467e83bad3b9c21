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
