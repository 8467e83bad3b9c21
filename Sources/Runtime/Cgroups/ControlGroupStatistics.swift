/// What a control group has used, and what it may use.
///
/// What a controller counts that is not on here is absent.
///
/// See: cgroup-v2.rst, "Controllers".
package struct ControlGroupStatistics: Equatable, Sendable {
  package var cpu = CPUStatistics()
  package var memory: MemoryStatistics?
  package var devices: [DeviceStatistics]?
  package var processes = ProcessStatistics()
  package var hugePages: [HugePageStatistics] = []
  package var pressure = PressureStatistics()

  package init() {}
}

/// Times in microseconds; the kernel counts them with or without the controller.
package struct CPUStatistics: Equatable, Sendable {
  package var total: UInt64 = 0
  package var user: UInt64 = 0
  package var system: UInt64 = 0
  package var periods: UInt64 = 0
  package var throttledPeriods: UInt64 = 0
  package var throttledTime: UInt64 = 0
}

/// In bytes.
package struct MemoryStatistics: Equatable, Sendable {
  package var memory = MemoryAmount()
  /// Nil where the kernel does not count swap.
  package var swap: MemoryAmount?
  /// The counters of memory.stat, in the kernel's order.
  package var details: [Counter] = []
  /// The counters of memory.events.
  package var events: [Counter] = []
}

package struct MemoryAmount: Equatable, Sendable {
  package var current: UInt64 = 0
  /// The most that it ever was; nil before Linux 5.19, and 6.5 for swap.
  package var peak: UInt64?
  /// Nil for none.
  package var limit: UInt64?
}

/// A number of a file that has one a line.
package struct Counter: Equatable, Sendable {
  package let key: String
  package let value: UInt64

  package init(_ key: String, _ value: UInt64) {
    self.key = key
    self.value = value
  }
}

extension [Counter] {
  /// The value of a key; nil where there is none.
  package subscript(key: String) -> UInt64? {
    first { $0.key == key }?.value
  }
}

/// What a block device has done for a control group: the counters of io.stat.
package struct DeviceStatistics: Equatable, Sendable {
  package let major: UInt32
  package let minor: UInt32
  package var counters: [Counter] = []
}

package struct ProcessStatistics: Equatable, Sendable {
  /// Threads count too, where the controller is on.
  package var current: UInt64 = 0
  /// Nil for none.
  package var limit: UInt64?
}

package struct HugePageStatistics: Equatable, Sendable {
  /// As the kernel writes it in the names of its files: 2MB, 1GB.
  package let size: String
  /// In bytes, reservations included where the kernel tells.
  package var current: UInt64
  /// How often the limit stood in the way.
  package var failures: UInt64
}

/// How long processes have waited for want of something; nil where the kernel does not tell.
///
/// See: psi.rst.
package struct PressureStatistics: Equatable, Sendable {
  package var cpu: Pressure?
  package var memory: Pressure?
  package var io: Pressure?
}

package struct Pressure: Equatable, Sendable {
  /// Some of the processes wait.
  package var some = Share()
  /// All of them do.
  package var full = Share()

  /// Per cent of the time in the last 10, 60 and 300 seconds, in hundredths of one; and the
  /// microseconds since the beginning.
  package struct Share: Equatable, Sendable {
    package var average10: UInt64 = 0
    package var average60: UInt64 = 0
    package var average300: UInt64 = 0
    package var total: UInt64 = 0

    package var isZero: Bool { self == Share() }
  }
}
