/// Limits of the container's control group, as written in config.json: nil is not set, and no
/// number is changed on the way.
///
/// Spec: config-linux.md, "Control groups".
package struct Resources: Equatable, Sendable {
  /// Device rules, in order; a later rule wins.
  package var devices: [DeviceRule]?
  package var memory: MemoryLimits?
  package var cpu: CPULimits?
  package var pids: PidsLimit?
  package var blockIO: BlockIOLimits?
  package var hugepageLimits: [HugepageLimit]?
  package var network: NetworkLimits?
  package var rdma: [RDMALimit]?
  /// Raw cgroup v2 files and what to write into them, in order.
  package var unified: [UnifiedSetting]?

  /// No limit at all.
  package init() {}
}

/// Allows or denies devices.
///
/// Spec: config-linux.md, "Allowed Device list".
package struct DeviceRule: Equatable, Sendable {
  /// The kinds of device that a rule speaks of.
  package enum Kind: String, CaseIterable, Equatable, Sendable {
    case all = "a"
    case character = "c"
    case block = "b"
  }

  /// What a process may do with a device.
  package struct Access: OptionSet, Equatable, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    package static let read = Access(rawValue: 1)
    package static let write = Access(rawValue: 2)
    package static let mknod = Access(rawValue: 4)
    package static let all: Access = [.read, .write, .mknod]
  }

  package var isAllowed: Bool
  package var kind: Kind
  /// The major number; nil stands for every one.
  package var major: UInt32?
  /// The minor number; nil stands for every one.
  package var minor: UInt32?
  package var access: Access

  package init(isAllowed: Bool, kind: Kind, major: UInt32?, minor: UInt32?, access: Access) {
    self.isAllowed = isAllowed
    self.kind = kind
    self.major = major
    self.minor = minor
    self.access = access
  }
}

/// Memory limits in bytes; -1 is unlimited.
///
/// Spec: config-linux.md, "Memory".
package struct MemoryLimits: Equatable, Sendable {
  package var limit: Int64?
  package var reservation: Int64?
  /// Memory and swap together.
  package var swap: Int64?
  package var kernel: Int64?
  package var kernelTCP: Int64?
  package var swappiness: UInt64?
  package var disableOOMKiller: Bool?
  package var useHierarchy: Bool?
  /// Refuse a limit that is below what is used already.
  package var checkBeforeUpdate: Bool?

  package init() {}
}

/// CPU limits; times are in microseconds.
///
/// Spec: config-linux.md, "CPU".
package struct CPULimits: Equatable, Sendable {
  package var shares: UInt64?
  package var quota: Int64?
  package var burst: UInt64?
  package var period: UInt64?
  package var realtimeRuntime: Int64?
  package var realtimePeriod: UInt64?
  package var cpus: String?
  package var mems: String?
  package var idle: Int64?

  package init() {}
}

/// The largest number of tasks: 0 is a real limit, -1 unlimited.
///
/// Spec: config-linux.md, "PIDs".
package struct PidsLimit: Equatable, Sendable {
  package var limit: Int64?

  package init(limit: Int64?) { self.limit = limit }
}

/// Weights and throttles of block devices.
///
/// Spec: config-linux.md, "Block IO".
package struct BlockIOLimits: Equatable, Sendable {
  package var weight: UInt16?
  package var leafWeight: UInt16?
  package var weightDevice: [BlockIOWeight]?
  /// Bytes a second.
  package var throttleReadBpsDevice: [BlockIOThrottle]?
  /// Bytes a second.
  package var throttleWriteBpsDevice: [BlockIOThrottle]?
  /// Operations a second.
  package var throttleReadIOPSDevice: [BlockIOThrottle]?
  /// Operations a second.
  package var throttleWriteIOPSDevice: [BlockIOThrottle]?

  package init() {}
}

/// The weight of one block device.
///
/// Spec: config-linux.md, "Block IO".
package struct BlockIOWeight: Equatable, Sendable {
  package var major: UInt32
  package var minor: UInt32
  package var weight: UInt16?
  package var leafWeight: UInt16?

  package init(major: UInt32, minor: UInt32, weight: UInt16?, leafWeight: UInt16?) {
    self.major = major
    self.minor = minor
    self.weight = weight
    self.leafWeight = leafWeight
  }
}

/// The rate limit of one block device.
///
/// Spec: config-linux.md, "Block IO".
package struct BlockIOThrottle: Equatable, Sendable {
  package var major: UInt32
  package var minor: UInt32
  package var rate: UInt64

  package init(major: UInt32, minor: UInt32, rate: UInt64) {
    self.major = major
    self.minor = minor
    self.rate = rate
  }
}

/// A limit for one size of huge page.
///
/// Spec: config-linux.md, "Huge page limits".
package struct HugepageLimit: Equatable, Sendable {
  /// The size as the kernel's file names have it, as `2MB`.
  package var pageSize: String
  /// Bytes.
  package var limit: UInt64

  package init(pageSize: String, limit: UInt64) {
    self.pageSize = pageSize
    self.limit = limit
  }
}

/// The v1 network controllers' values.
///
/// Spec: config-linux.md, "Network".
package struct NetworkLimits: Equatable, Sendable {
  package var classID: UInt32?
  package var priorities: [InterfacePriority]?
}

/// The priority of one network interface.
///
/// Spec: config-linux.md, "Network".
package struct InterfacePriority: Equatable, Sendable {
  package var name: String
  package var priority: UInt32
}

/// Limits for one RDMA device.
///
/// Spec: config-linux.md, "RDMA".
package struct RDMALimit: Equatable, Sendable {
  package var device: String
  package var hcaHandles: UInt32?
  package var hcaObjects: UInt32?

  package init(device: String, hcaHandles: UInt32?, hcaObjects: UInt32?) {
    self.device = device
    self.hcaHandles = hcaHandles
    self.hcaObjects = hcaObjects
  }
}

/// One cgroup v2 file and its new content.
///
/// Spec: config-linux.md, "Unified".
package struct UnifiedSetting: Equatable, Sendable {
  /// A file name of the control group, without any slash.
  package var file: String
  package var value: String

  package init(file: String, value: String) {
    self.file = file
    self.value = value
  }
}

extension String {
  /// The values in the text for a control group's file, one for each write.
  ///
  /// The kernel takes one line at a time, as of io.max one for each device. A text of nothing but a line
  /// feed is an empty value.
  package var valueLines: [String] {
    let lines = split(separator: "\n")
    return lines.count > 1 ? lines.map(String.init) : [self]
  }
}
