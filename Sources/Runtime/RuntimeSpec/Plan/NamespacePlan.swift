/// The kinds of namespace, by the specification's names.
///
/// Spec: config-linux.md, "Namespaces".
package enum NamespaceKind: String, CaseIterable, Equatable, Sendable {
  case user
  case mount
  case pid
  case network
  case ipc
  case uts
  case cgroup
  case time

  /// The CLONE_NEW* flag of the kind.
  ///
  /// See: uapi/linux/sched.h.
  package var cloneFlag: UInt64 {
    switch self {
    case .user: 0x1000_0000
    case .mount: 0x0002_0000
    case .pid: 0x2000_0000
    case .network: 0x4000_0000
    case .ipc: 0x0800_0000
    case .uts: 0x0400_0000
    case .cgroup: 0x0200_0000
    case .time: 0x0000_0080
    }
  }

  /// The name of the kind's file under /proc/PID/ns.
  ///
  /// See: namespaces(7).
  package var procName: String {
    switch self {
    case .mount: "mnt"
    case .network: "net"
    case .user, .pid, .ipc, .uts, .cgroup, .time: rawValue
    }
  }
}

/// Which namespaces are new, which are joined, and how ids map into a new user namespace.
package struct NamespacePlan: Equatable, Sendable {
  /// Where a namespace comes from.
  package enum Source: Equatable, Sendable {
    case new
    /// An absolute path of a namespace file.
    case join(String)
  }

  /// One namespace that is not the creator's own.
  package struct Entry: Equatable, Sendable {
    package var kind: NamespaceKind
    package var source: Source
  }

  /// One entry a kind at most; kinds without an entry stay the creator's.
  package var entries: [Entry]
  /// In the document's order, free of overlaps; never empty with a new user namespace.
  ///
  /// With one that is joined these are what the document claims about it, if anything.
  package var uidMappings: [IDMapping]
  /// As `uidMappings`, for groups.
  package var gidMappings: [IDMapping]

  /// The source of one kind; nil where the creator's own namespace is shared.
  package func source(of kind: NamespaceKind) -> Source? {
    entries.first { $0.kind == kind }?.source
  }

  /// The CLONE_NEW* flags of every new namespace together.
  package var cloneFlags: UInt64 {
    entries.reduce(0) { $1.source == .new ? $0 | $1.kind.cloneFlag : $0 }
  }

  /// Whether a new IPC namespace has to be made by the root of a user namespace: what is in it belongs
  /// to who makes it, and outside of that namespace that is nobody.
  package var isIPCMadeByInit: Bool {
    source(of: .ipc) == .new && source(of: .user) != nil
  }
}
