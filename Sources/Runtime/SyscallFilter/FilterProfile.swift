import Kernel

/// What a filter does with a system call.
///
/// See: seccomp(2), "Return values"; the numbers are those of SECCOMP_RET_* in <linux/seccomp.h>.
package enum FilterAction: Equatable, Sendable {
  case killProcess
  case killThread
  case trap
  /// The call fails with this errno.
  case returnError(UInt16)
  /// A tracer is told, with this message.
  case trace(UInt16)
  case log
  case allow
  /// A listener decides.
  case notify

  /// The value that the filter returns.
  package var code: UInt32 {
    switch self {
    case .killProcess: 0x8000_0000
    case .killThread: 0
    case .trap: 0x0003_0000
    case .returnError(let number): 0x0005_0000 | UInt32(number)
    case .trace(let message): 0x7ff0_0000 | UInt32(message)
    case .log: 0x7ffc_0000
    case .allow: 0x7fff_0000
    case .notify: 0x7fc0_0000
    }
  }

  /// Whether the call goes on.
  ///
  /// A tracer counts as letting it: it decides on its own.
  var letsCallsThrough: Bool {
    switch self {
    case .allow, .log, .trace, .notify: true
    case .killProcess, .killThread, .trap, .returnError: false
    }
  }
}

/// How an argument is compared with a value, both as unsigned 64-bit numbers.
///
/// The numbers are those of `enum scmp_compare` in <seccomp.h>.
package enum FilterComparison: UInt32, Equatable, Sendable {
  case notEqual = 1
  case less = 2
  case lessOrEqual = 3
  case equal = 4
  case greaterOrEqual = 5
  case greater = 6
  /// `argument & value == valueTwo`.
  case maskedEqual = 7
}

/// One condition on one argument of a call.
package struct FilterCondition: Equatable, Sendable {
  /// 0 to 5.
  package var argument: UInt32
  package var comparison: FilterComparison
  package var value: UInt64
  package var valueTwo: UInt64

  package init(
    argument: UInt32,
    comparison: FilterComparison,
    value: UInt64,
    valueTwo: UInt64,
  ) {
    self.argument = argument
    self.comparison = comparison
    self.value = value
    self.valueTwo = valueTwo
  }
}

/// What happens to some calls, when all conditions hold.
package struct FilterRule: Equatable, Sendable {
  package var names: [String]
  package var action: FilterAction
  package var conditions: [FilterCondition]

  package init(names: [String], action: FilterAction, conditions: [FilterCondition]) {
    self.names = names
    self.action = action
    self.conditions = conditions
  }
}

/// A filter as a person writes it.
package struct FilterProfile: Equatable, Sendable {
  package var defaultAction: FilterAction
  /// Names such as `SCMP_ARCH_X86`, beside the native one.
  package var architectures: [String]
  /// Flags of seccomp(2).
  package var flags: FilterFlags
  package var rules: [FilterRule]

  package init(
    defaultAction: FilterAction,
    architectures: [String],
    flags: FilterFlags,
    rules: [FilterRule],
  ) {
    self.defaultAction = defaultAction
    self.architectures = architectures
    self.flags = flags
    self.rules = rules
  }
}

extension FilterProfile {
  /// The flags of seccomp(2) for the program that this compiles to.
  var loadingFlags: UInt32 {
    flags.forLoading(withListener: rules.contains { $0.action == .notify })
  }
}

/// The flags of SECCOMP_SET_MODE_FILTER.
///
/// They go into our own seccomp(2) call: libseccomp 2.5.4 has no attribute for the last one.
package struct FilterFlags: OptionSet, Equatable, Sendable {
  package let rawValue: UInt32

  package init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  package static let threadSync = FilterFlags(rawValue: 1 << 0)
  package static let log = FilterFlags(rawValue: 1 << 1)
  package static let speculationAllow = FilterFlags(rawValue: 1 << 2)
  /// Only the kernel's listener knows it: without one seccomp(2) fails with EINVAL.
  package static let waitKillableReceive = FilterFlags(rawValue: 1 << 5)

  /// Makes a listener, for a filter with `FilterAction.notify`.
  package static let newListener = FilterFlags(rawValue: 1 << 3)

  /// What to load a filter with.
  ///
  /// A filter is loaded by a single thread: there is none to synchronise, and the kernel refuses that
  /// together with a listener.
  package func forLoading(withListener hasListener: Bool) -> UInt32 {
    guard hasListener else { return subtracting(.waitKillableReceive).rawValue }
    return subtracting(.threadSync).union(.newListener).rawValue
  }
}

/// A program for seccomp(2), and the flags to load it with.
package struct CompiledFilter: Equatable, Sendable {
  /// Instructions of 8 bytes each: struct sock_filter.
  package var program: [UInt8]
  package var flags: UInt32

  /// Whether loading it makes a listener, which somebody has to get.
  package var hasListener: Bool { FilterFlags(rawValue: flags).contains(.newListener) }

  package init(program: [UInt8], flags: UInt32) {
    self.program = program
    self.flags = flags
  }
}

/// Why a profile can't be compiled.
package enum FilterError: Error, Equatable, Sendable {
  case unknownArchitecture(String)
  /// libseccomp refused something.
  case library(call: String, code: Int32, subject: String)
  /// More instructions than the kernel takes.
  case tooLong(Int)
  /// The program could not be got out of libseccomp.
  case transfer(call: String, code: Int32)
}

extension FilterError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unknownArchitecture(let name):
      "the installed libseccomp does not know the architecture \(name)"
    case .library(let call, let code, let subject):
      "\(call) \(subject): \(meaning(of: code))"
    case .tooLong(let count):
      "the compiled filter has \(count) instructions where the kernel takes 4096: name fewer calls"
    case .transfer(let call, let code):
      "\(call): \(meaning(of: code))"
    }
  }

  private func meaning(of code: Int32) -> String {
    let number = ErrorNumber(rawValue: code)
    return "\(number.meaning) (\(number.name))"
  }
}
