/// A program, its surroundings and its rights: the container's own, or one that exec adds.
package struct ProcessPlan: Equatable, Sendable {
  /// At least one.
  package var args: [String]
  /// KEY=value, as in the document.
  package var environment: [String]
  /// Absolute, in the container.
  package var cwd: String
  package var uid: UInt32
  package var gid: UInt32
  package var additionalGids: [UInt32]
  package var umask: UInt32?
  package var hasTerminal: Bool
  /// The terminal's first size; nil where there is no terminal or no size is given.
  package var consoleSize: ConsoleSize?
  package var capabilities: CapabilityNames
  package var noNewPrivileges: Bool
  package var rlimits: [RlimitPlan]
  package var oomScoreAdj: Int?
  /// Never empty.
  package var apparmorProfile: String?
  /// Never empty.
  package var selinuxLabel: String?
  package var ioPriority: IOPriorityPlan?
  package var scheduler: SchedulerPlan?
  package var personality: PersonalityPlan?
}

/// Capability names of the five sets as given, as `CAP_KILL`; all empty where there are none.
package struct CapabilityNames: Equatable, Sendable {
  package var effective: [String]
  package var bounding: [String]
  package var inheritable: [String]
  package var permitted: [String]
  package var ambient: [String]

  /// No capability.
  package init() {
    effective = []
    bounding = []
    inheritable = []
    permitted = []
    ambient = []
  }
}

/// One resource limit.
///
/// See: prlimit(2).
package struct RlimitPlan: Equatable, Sendable {
  /// The kernel's RLIMIT_ number.
  package var resource: UInt32
  /// The name that stands in the document, for messages.
  package var name: String
  /// UInt64.max is no limit.
  package var soft: UInt64
  /// UInt64.max is no limit; never below `soft`.
  package var hard: UInt64
}

/// What ioprio_set(2) takes.
package struct IOPriorityPlan: Equatable, Sendable {
  /// `class << 13 | priority`.
  package var value: UInt16
}

/// What sched_setattr(2) takes, field by field.
package struct SchedulerPlan: Equatable, Sendable {
  package var policy: UInt32
  package var flags: UInt64
  package var nice: Int32
  package var priority: UInt32
  /// Nanoseconds.
  package var runtime: UInt64
  /// Nanoseconds.
  package var deadline: UInt64
  /// Nanoseconds.
  package var period: UInt64
}

/// What personality(2) takes.
package struct PersonalityPlan: Equatable, Sendable {
  package var persona: UInt32
}
