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

  package init(containerID: UInt32, hostID: UInt32, size: UInt32) {
    self.containerID = containerID
    self.hostID = hostID
    self.size = size
  }
}

extension Configuration.Linux {
  init(_ section: Section) throws(ConfigurationError) {
    let mappings = "config-linux.md, \"User namespace mappings\""
    namespaces = try section.sections(
      "namespaces",
      "config-linux.md, \"Namespaces\"",
      each: Configuration.Namespace.init,
    )
    uidMappings = try section.sections("uidMappings", mappings, each: IDMapping.init)
    gidMappings = try section.sections("gidMappings", mappings, each: IDMapping.init)
    timeOffsets = try section.map("timeOffsets") { clock, node throws(ConfigurationError) in
      try Configuration.TimeOffset(
        clock,
        Section(node, "config-linux.md, \"Offset for Time Namespace\""),
      )
    }
    devices = try section.sections(
      "devices",
      "config-linux.md, \"Devices\"",
      each: Configuration.Device.init,
    )
    netDevices = try section.map("netDevices") { name, node throws(ConfigurationError) in
      try Configuration.NetDevice(
        name,
        Section(node, "config-linux.md, \"Network Devices\""),
      )
    }
    cgroupsPath = try section.string("cgroupsPath")
    resources = try section.section(
      "resources",
      "config-linux.md, \"Control groups\"",
      make: Resources.init,
    )
    rootfsPropagation = try section.string("rootfsPropagation")
    seccomp = try section.section(
      "seccomp",
      "config-linux.md, \"Seccomp\"",
      make: SeccompProfile.init,
    )
    sysctl = try section.stringMap("sysctl")?.map { Annotation(key: $0, value: $1) }
    maskedPaths = try section.strings("maskedPaths")
    readonlyPaths = try section.strings("readonlyPaths")
    mountLabel = try section.string("mountLabel")
    personality = try section.section(
      "personality",
      "config-linux.md, \"Personality\"",
      make: Configuration.Personality.init,
    )
    intelRdt = try section.section(
      "intelRdt",
      "config-linux.md, \"IntelRdt\"",
      make: Configuration.IntelRdt.init,
    )
    memoryPolicy = try section.section(
      "memoryPolicy",
      "config-linux.md, \"Memory policy\"",
      make: Configuration.MemoryPolicy.init,
    )
  }
}

extension Configuration.Namespace {
  init(_ section: Section) throws(ConfigurationError) {
    type = try section.required("type", section.string("type"))
    path = try section.string("path")
  }
}

extension Configuration.TimeOffset {
  init(_ clock: String, _ section: Section) throws(ConfigurationError) {
    self.clock = clock
    secs = try section.integer("secs")
    nanosecs = try section.integer("nanosecs")
  }
}

extension Configuration.NetDevice {
  init(_ hostName: String, _ section: Section) throws(ConfigurationError) {
    self.hostName = hostName
    name = try section.string("name")
  }
}

extension Configuration.Device {
  init(_ section: Section) throws(ConfigurationError) {
    type = try section.required("type", section.string("type"))
    path = try section.required("path", section.string("path"))
    major = try section.integer("major")
    minor = try section.integer("minor")
    fileMode = try section.integer("fileMode")
    uid = try section.integer("uid")
    gid = try section.integer("gid")
  }
}

extension Configuration.Personality {
  init(_ section: Section) throws(ConfigurationError) {
    domain = try section.required("domain", section.string("domain"))
    flags = try section.strings("flags")
  }
}

extension Configuration.IntelRdt {
  init(_ section: Section) throws(ConfigurationError) {
    closID = try section.string("closID")
    schemata = try section.strings("schemata")
    l3CacheSchema = try section.string("l3CacheSchema")
    memBwSchema = try section.string("memBwSchema")
    enableMonitoring = try section.boolean("enableMonitoring")
  }
}

extension Configuration.MemoryPolicy {
  init(_ section: Section) throws(ConfigurationError) {
    mode = try section.required("mode", section.string("mode"))
    nodes = try section.string("nodes")
    flags = try section.strings("flags")
  }
}

extension IDMapping {
  init(_ section: Section) throws(ConfigurationError) {
    containerID = try section.required("containerID", section.integer("containerID"))
    hostID = try section.required("hostID", section.integer("hostID"))
    size = try section.required("size", section.integer("size"))
  }
}
