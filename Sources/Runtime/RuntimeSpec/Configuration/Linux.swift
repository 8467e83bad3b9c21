extension Configuration {
  /// What only Linux has.
  ///
  /// Spec: config-linux.md.
  package struct Linux: Equatable, Sendable {
    package var namespaces: [Namespace]?
    package var uidMappings: [IDMapping]?
    package var gidMappings: [IDMapping]?
    package var timeOffsets: [TimeOffset]?
    package var devices: [Device]?
    package var netDevices: [NetDevice]?
    package var cgroupsPath: String?
    package var resources: Resources?
    package var rootfsPropagation: String?
    package var seccomp: SeccompProfile?
    package var sysctl: [Annotation]?
    package var maskedPaths: [String]?
    package var readonlyPaths: [String]?
    package var mountLabel: String?
    package var personality: Personality?
    package var intelRdt: IntelRdt?
    package var memoryPolicy: MemoryPolicy?
  }

  /// One entry of `linux.namespaces`.
  ///
  /// Spec: config-linux.md, "Namespaces".
  package struct Namespace: Equatable, Sendable {
    package var type: String
    /// The namespace to join; nil makes a new one.
    package var path: String?
  }

  /// The offset of one clock in a new time namespace.
  ///
  /// Spec: config-linux.md, "Offset for Time Namespace".
  package struct TimeOffset: Equatable, Sendable {
    package var clock: String
    package var secs: Int64?
    package var nanosecs: UInt32?
  }

  /// A host's network device to move into the container, by its name there.
  ///
  /// Spec: config-linux.md, "Network Devices".
  package struct NetDevice: Equatable, Sendable {
    package var hostName: String
    package var name: String?
  }

  /// One entry of `linux.devices`.
  ///
  /// Spec: config-linux.md, "Devices".
  package struct Device: Equatable, Sendable {
    package var type: String
    package var path: String
    package var major: Int64?
    package var minor: Int64?
    package var fileMode: UInt32?
    package var uid: UInt32?
    package var gid: UInt32?
  }

  /// The execution domain.
  ///
  /// Spec: config-linux.md, "Personality".
  package struct Personality: Equatable, Sendable {
    package var domain: String
    package var flags: [String]?
  }

  /// Cache and memory bandwidth allocation.
  ///
  /// Spec: config-linux.md, "IntelRdt".
  package struct IntelRdt: Equatable, Sendable {
    package var closID: String?
    package var schemata: [String]?
    package var l3CacheSchema: String?
    package var memBwSchema: String?
    package var enableMonitoring: Bool?
  }

  /// The NUMA memory policy.
  ///
  /// Spec: config-linux.md, "Memory policy".
  package struct MemoryPolicy: Equatable, Sendable {
    package var mode: String
    package var nodes: String?
    package var flags: [String]?
  }
}

/// A range of ids and what it is on the host.
///
/// Spec: config-linux.md, "User namespace mappings".
package struct IDMapping: Equatable, Sendable {
  package var containerID: UInt32
  package var hostID: UInt32
  package var size: UInt32
}
