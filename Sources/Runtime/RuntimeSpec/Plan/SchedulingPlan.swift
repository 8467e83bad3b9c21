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

  package init(persona: UInt32) {
    self.persona = persona
  }
}

private let linuxProcess = "config.md, \"Linux Process\""

extension IOPriorityPlan {
  init(_ priority: Configuration.IOPriority) throws(ConfigurationError) {
    let names = ["IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE", "IOPRIO_CLASS_IDLE"]
    guard let position = names.firstIndex(of: priority.class) else {
      throw ConfigurationError(
        pointer: "/process/ioPriority/class",
        rule: "must be one of \(names.joined(separator: ", ")), is \(quoted(priority.class))",
        clause: linuxProcess,
      )
    }
    let level = priority.priority ?? 0
    guard (0...7).contains(level) else {
      throw ConfigurationError(
        pointer: "/process/ioPriority/priority",
        rule: "must be from 0 to 7, is \(level)",
        clause: linuxProcess,
      )
    }
    // IOPRIO_PRIO_VALUE of uapi/linux/ioprio.h; classes count from 1.
    value = UInt16(position + 1) << 13 | UInt16(level)
  }
}

extension SchedulerPlan {
  /// The policies by the kernel's numbers.
  ///
  /// See: uapi/linux/sched.h; 4 was never given out.
  private static let policies: [(name: String, number: UInt32)] = [
    ("SCHED_OTHER", 0), ("SCHED_FIFO", 1), ("SCHED_RR", 2), ("SCHED_BATCH", 3), ("SCHED_IDLE", 5),
    ("SCHED_DEADLINE", 6),
  ]

  /// The flags of sched_setattr(2) in the order of their bits.
  private static let flagNames = [
    "SCHED_FLAG_RESET_ON_FORK", "SCHED_FLAG_RECLAIM", "SCHED_FLAG_DL_OVERRUN",
    "SCHED_FLAG_KEEP_POLICY", "SCHED_FLAG_KEEP_PARAMS", "SCHED_FLAG_UTIL_CLAMP_MIN",
    "SCHED_FLAG_UTIL_CLAMP_MAX",
  ]

  init(_ scheduler: Configuration.Scheduler) throws(ConfigurationError) {
    guard let policy = Self.policies.first(where: { $0.name == scheduler.policy }) else {
      let names = Self.policies.map(\.name).joined(separator: ", ")
      throw Self.failure("policy", "must be one of \(names), is \(quoted(scheduler.policy))")
    }
    self.policy = policy.number
    flags = try Self.flags(scheduler.flags ?? [])
    nice = scheduler.nice ?? 0
    guard (-20...19).contains(nice) else {
      throw Self.failure("nice", "must be from -20 to 19, is \(nice)")
    }
    let level = scheduler.priority ?? 0
    let isRealtime = ["SCHED_FIFO", "SCHED_RR"].contains(scheduler.policy)
    let levels: ClosedRange<Int32> = isRealtime ? 1...99 : 0...0
    guard levels.contains(level) else {
      let rule = isRealtime ? "must be from 1 to 99" : "must be 0 without SCHED_FIFO or SCHED_RR"
      throw Self.failure("priority", "\(rule), is \(level)")
    }
    priority = UInt32(level)
    runtime = scheduler.runtime ?? 0
    deadline = scheduler.deadline ?? 0
    period = scheduler.period ?? 0
    guard scheduler.policy == "SCHED_DEADLINE" || (runtime, deadline, period) == (0, 0, 0) else {
      throw Self.failure("policy", "must be SCHED_DEADLINE with a runtime, deadline or period")
    }
  }

  private static func flags(_ names: [String]) throws(ConfigurationError) -> UInt64 {
    var flags: UInt64 = 0
    for (index, name) in names.enumerated() {
      guard let bit = flagNames.firstIndex(of: name) else {
        let all = flagNames.joined(separator: ", ")
        throw failure("flags/\(index)", "must be one of \(all), is \(quoted(name))")
      }
      flags |= 1 << UInt64(bit)
    }
    return flags
  }

  private static func failure(_ property: String, _ rule: String) -> ConfigurationError {
    ConfigurationError(
      pointer: "/process/scheduler/\(property)",
      rule: rule,
      clause: linuxProcess,
    )
  }
}

extension PersonalityPlan {
  init(_ personality: Configuration.Personality) throws(ConfigurationError) {
    let clause = "config-linux.md, \"Personality\""
    guard personality.flags ?? [] == [] else {
      throw ConfigurationError(
        pointer: "/linux/personality/flags",
        rule: "must be empty: the specification has no flags yet",
        clause: clause,
      )
    }
    // See: uapi/linux/personality.h.
    switch personality.domain {
    case "LINUX": persona = 0
    case "LINUX32": persona = 8
    default:
      throw ConfigurationError(
        pointer: "/linux/personality/domain",
        rule: "must be LINUX or LINUX32, is \(quoted(personality.domain))",
        clause: clause,
      )
    }
  }
}
