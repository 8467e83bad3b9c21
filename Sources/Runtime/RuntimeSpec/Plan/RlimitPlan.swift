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
  /// What messages call it.
  package var subject: String { "process.rlimits \(name)" }
}

extension RlimitPlan {
  /// The names in the order of the kernel's numbers.
  ///
  /// See: uapi/asm-generic/resource.h.
  package static let names: [String] = [
    "RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_DATA", "RLIMIT_STACK", "RLIMIT_CORE", "RLIMIT_RSS",
    "RLIMIT_NPROC", "RLIMIT_NOFILE", "RLIMIT_MEMLOCK", "RLIMIT_AS", "RLIMIT_LOCKS",
    "RLIMIT_SIGPENDING", "RLIMIT_MSGQUEUE", "RLIMIT_NICE", "RLIMIT_RTPRIO", "RLIMIT_RTTIME",
  ]

  static func list(_ limits: [Configuration.Rlimit]) throws(ConfigurationError) -> [RlimitPlan] {
    var plans: [RlimitPlan] = []
    for (index, limit) in limits.enumerated() {
      let pointer = "/process/rlimits/\(index)"
      guard let number = names.firstIndex(of: limit.type) else {
        let all = names.joined(separator: ", ")
        throw failure("\(pointer)/type", "must be one of \(all), is \(quoted(limit.type))")
      }
      guard !plans.contains(where: { $0.name == limit.type }) else {
        throw failure("\(pointer)/type", "must stand once, is a second \(limit.type)")
      }
      guard limit.soft <= limit.hard else {
        throw failure("\(pointer)/soft", "must not be above hard, \(limit.soft) > \(limit.hard)")
      }
      plans.append(
        RlimitPlan(
          resource: UInt32(number),
          name: limit.type,
          soft: limit.soft,
          hard: limit.hard,
        )
      )
    }
    return plans
  }

  private static func failure(_ pointer: String, _ rule: String) -> ConfigurationError {
    ConfigurationError(pointer: pointer, rule: rule, clause: "config.md, \"POSIX process\"")
  }
}
