/// One device node or named pipe to make.
///
/// Spec: config-linux.md, "Devices".
package struct DevicePlan: Equatable, Sendable {
  /// The kinds of node.
  package enum Kind: String, Equatable, Sendable {
    case character = "c"
    case block = "b"
    case fifo = "p"

    /// The S_IF* bits of the kind.
    ///
    /// See: inode(7).
    package var modeBits: UInt32 {
      switch self {
      case .character: 0o020000
      case .block: 0o060000
      case .fifo: 0o010000
      }
    }
  }

  /// Absolute, in the container.
  package var path: String
  package var kind: Kind
  /// 0 for a fifo.
  package var major: UInt32
  /// 0 for a fifo.
  package var minor: UInt32
  /// Permission bits alone.
  package var fileMode: UInt32
  /// In the container.
  package var uid: UInt32
  /// In the container.
  package var gid: UInt32
}

/// One symbolic link that the runtime supplies.
///
/// Spec: runtime-linux.md, "Dev symbolic links".
package struct LinkPlan: Equatable, Sendable {
  /// Absolute, in the container.
  package var path: String
  package var target: String
}
