internal import JSON

/// By how much a clock of the container's new time namespace differs from the host's.
///
/// Spec: config-linux.md, "Offset for Time Namespace". See: time_namespaces(7).
package struct TimeOffsetPlan: Equatable, Sendable {
  /// `monotonic` or `boottime`.
  package var clock: String
  package var seconds: Int64
  /// Below a second.
  package var nanoseconds: UInt32
}

extension TimeOffsetPlan {
  /// The clocks that a time namespace has of its own.
  private static let clocks = ["monotonic", "boottime"]
  private static let clause = "config-linux.md, \"Offset for Time Namespace\""

  static func list(
    _ offsets: [Configuration.TimeOffset],
    namespaces: NamespacePlan,
  ) throws(ConfigurationError) -> [TimeOffsetPlan] {
    var plans: [TimeOffsetPlan] = []
    for offset in offsets {
      let pointer = "/linux/timeOffsets/\(JSONPointer.token(for: offset.clock))"
      guard namespaces.source(of: .time) == .new else {
        throw failure("/linux/timeOffsets", "needs a new time namespace in linux.namespaces")
      }
      guard clocks.contains(offset.clock) else {
        throw failure(pointer, "must be keyed by monotonic or boottime")
      }
      let nanoseconds = offset.nanosecs ?? 0
      guard nanoseconds < 1_000_000_000 else {
        throw failure("\(pointer)/nanosecs", "must be below a second, is \(nanoseconds)")
      }
      plans.append(
        TimeOffsetPlan(clock: offset.clock, seconds: offset.secs ?? 0, nanoseconds: nanoseconds)
      )
    }
    return plans
  }

  private static func failure(_ pointer: String, _ rule: String) -> ConfigurationError {
    ConfigurationError(pointer: pointer, rule: rule, clause: clause)
  }
}
