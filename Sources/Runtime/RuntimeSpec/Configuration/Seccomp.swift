/// The system call filter.
///
/// Spec: config-linux.md, "Seccomp".
package struct SeccompProfile: Equatable, Sendable {
  /// What the filter does with a call, by the names of libseccomp.
  package enum Action: String, CaseIterable, Equatable, Sendable {
    case kill = "SCMP_ACT_KILL"
    case killProcess = "SCMP_ACT_KILL_PROCESS"
    case killThread = "SCMP_ACT_KILL_THREAD"
    case trap = "SCMP_ACT_TRAP"
    case errno = "SCMP_ACT_ERRNO"
    case trace = "SCMP_ACT_TRACE"
    case allow = "SCMP_ACT_ALLOW"
    case log = "SCMP_ACT_LOG"
    case notify = "SCMP_ACT_NOTIFY"
  }

  /// How an argument is compared.
  package enum Comparison: String, CaseIterable, Equatable, Sendable {
    case notEqual = "SCMP_CMP_NE"
    case less = "SCMP_CMP_LT"
    case lessOrEqual = "SCMP_CMP_LE"
    case equal = "SCMP_CMP_EQ"
    case greaterOrEqual = "SCMP_CMP_GE"
    case greater = "SCMP_CMP_GT"
    /// `argument & value == valueTwo`.
    case maskedEqual = "SCMP_CMP_MASKED_EQ"
  }

  /// Flags of seccomp(2).
  package enum Flag: String, CaseIterable, Equatable, Sendable {
    case threadSync = "SECCOMP_FILTER_FLAG_TSYNC"
    case log = "SECCOMP_FILTER_FLAG_LOG"
    case speculationAllow = "SECCOMP_FILTER_FLAG_SPEC_ALLOW"
    case waitKillableReceive = "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"
  }

  /// One comparison; every one of a rule must hold.
  package struct Argument: Equatable, Sendable {
    /// 0 to 5.
    package var index: UInt32
    package var value: UInt64
    /// 0 where the document has none.
    package var valueTwo: UInt64
    package var op: Comparison
  }

  /// What happens to the calls of some names.
  package struct Rule: Equatable, Sendable {
    /// One name at least.
    package var names: [String]
    package var action: Action
    /// The errno, or the message for a tracer; nil is the runtime's default, EPERM.
    package var errnoRet: UInt32?
    package var args: [Argument]
  }

  package var defaultAction: Action
  package var defaultErrnoRet: UInt32?
  /// Names of libseccomp as SCMP_ARCH_X86_64; empty is the native one alone.
  package var architectures: [String]
  package var flags: [Flag]
  package var listenerPath: String?
  package var listenerMetadata: String?
  package var syscalls: [Rule]
  /// The section exactly as it stands in the document: the key of the compiled filter's cache.
  package var sourceText: [UInt8]
}
