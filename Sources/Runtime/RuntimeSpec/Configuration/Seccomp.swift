internal import JSON

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
    case returnError = "SCMP_ACT_ERRNO"
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
  /// Without the property: what a filter is loaded with costs the container no speed.
  package var flags: [Flag]
  package var listenerPath: String?
  package var listenerMetadata: String?
  package var syscalls: [Rule]
  /// The section exactly as it stands in the document: the key of the compiled filter's cache.
  package var sourceText: [UInt8]
}

extension SeccompProfile {
  init(_ section: Section) throws(ConfigurationError) {
    let clause = section.clause
    defaultAction = try section.required("defaultAction", section.choice("defaultAction"))
    defaultErrnoRet = try section.integer("defaultErrnoRet")
    architectures = try section.strings("architectures") ?? []
    flags =
      try section.list("flags") { node throws(ConfigurationError) in try node.choice(clause) }
      ?? [.speculationAllow]
    listenerPath = try section.string("listenerPath")
    listenerMetadata = try section.string("listenerMetadata")
    syscalls = try section.sections("syscalls", clause, each: Rule.init) ?? []
    sourceText = Array(section.node.sourceText)
  }
}

extension SeccompProfile.Rule {
  init(_ section: Section) throws(ConfigurationError) {
    names = try section.required("names", section.strings("names"))
    action = try section.required("action", section.choice("action"))
    errnoRet = try section.integer("errnoRet")
    args = try section.sections("args", section.clause, each: SeccompProfile.Argument.init) ?? []
  }
}

extension SeccompProfile.Argument {
  init(_ section: Section) throws(ConfigurationError) {
    index = try section.required("index", section.integer("index", in: 0...5))
    value = try section.required("value", section.integer("value"))
    valueTwo = try section.integer("valueTwo") ?? 0
    op = try section.required("op", section.choice("op"))
  }
}

extension SeccompProfile {
  /// The architectures that the specification names.
  package static let knownArchitectures: [String] = [
    "SCMP_ARCH_X86", "SCMP_ARCH_X86_64", "SCMP_ARCH_X32", "SCMP_ARCH_ARM", "SCMP_ARCH_AARCH64",
    "SCMP_ARCH_LOONGARCH64", "SCMP_ARCH_M68K", "SCMP_ARCH_MIPS", "SCMP_ARCH_MIPS64",
    "SCMP_ARCH_MIPS64N32", "SCMP_ARCH_MIPSEL", "SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL64N32",
    "SCMP_ARCH_PPC", "SCMP_ARCH_PPC64", "SCMP_ARCH_PPC64LE", "SCMP_ARCH_S390", "SCMP_ARCH_S390X",
    "SCMP_ARCH_SH", "SCMP_ARCH_SHEB", "SCMP_ARCH_PARISC", "SCMP_ARCH_PARISC64",
    "SCMP_ARCH_RISCV64",
  ]

  /// Refuses what no filter can be made of.
  func check() throws(ConfigurationError) {
    for (index, name) in architectures.enumerated()
    where !Self.knownArchitectures.contains(name) {
      let rule = "must be an architecture as SCMP_ARCH_X86_64, is \(quoted(name))"
      throw Self.failure("architectures/\(index)", rule)
    }
    try Self.check(defaultAction, defaultErrnoRet, "defaultAction", "defaultErrnoRet")
    try checkListener()
    for (index, rule) in syscalls.enumerated() {
      let place = "syscalls/\(index)"
      guard !rule.names.isEmpty else {
        throw Self.failure("\(place)/names", "must name a system call at least")
      }
      try Self.check(rule.action, rule.errnoRet, "\(place)/action", "\(place)/errnoRet")
    }
  }

  private static func check(
    _ action: Action,
    _ errnoRet: UInt32?,
    _ actionPlace: String,
    _ errnoPlace: String,
  ) throws(ConfigurationError) {
    switch action {
    case .returnError, .trace:
      // SECCOMP_RET_DATA of uapi/linux/seccomp.h has 16 bits.
      guard let errnoRet, errnoRet > 0xFFFF else { return }
      throw failure(errnoPlace, "must be from 0 to 65535, is \(errnoRet)")
    case .kill, .killProcess, .killThread, .trap, .allow, .log, .notify:
      guard errnoRet != nil else { return }
      throw failure(errnoPlace, "must be absent: \(action.rawValue) returns no errno")
    }
  }

  /// Whether calls are handed to a listener.
  package var hasListener: Bool { syscalls.contains { $0.action == .notify } }

  /// What init itself has to call between loading the filter and becoming the program: with a
  /// listener for one of them it would wait for somebody who does not know of it yet.
  private static let ownCalls = ["sendmsg", "write"]

  private func checkListener() throws(ConfigurationError) {
    let path = listenerPath ?? ""
    guard path.isEmpty || path.isAbsolutePath else {
      throw Self.failure("listenerPath", "must be an absolute path, is \(quoted(path))")
    }
    // See: unix(7).
    guard path.utf8.count < 108 else {
      throw Self.failure("listenerPath", "must be 107 bytes at most, as every socket's path")
    }
    guard listenerMetadata ?? "" == "" || !path.isEmpty else {
      throw Self.failure("listenerMetadata", "must be absent without listenerPath")
    }
    guard defaultAction != .notify else {
      let rule = "must not be SCMP_ACT_NOTIFY: no program would start; give it to calls by name"
      throw Self.failure("defaultAction", rule)
    }
    for (index, rule) in syscalls.enumerated() where rule.action == .notify {
      guard !path.isEmpty else {
        throw Self.failure("listenerPath", "is required for SCMP_ACT_NOTIFY and missing")
      }
      guard let name = rule.names.firstIndex(where: Self.ownCalls.contains) else { continue }
      let call = rule.names[name]
      throw Self.failure(
        "syscalls/\(index)/names/\(name)",
        "must not be \(call) with SCMP_ACT_NOTIFY: the listener is handed over by that call",
      )
    }
  }

  private static let clause = "config-linux.md, \"Seccomp\""

  private static func failure(_ place: String, _ rule: String) -> ConfigurationError {
    ConfigurationError(pointer: "/linux/seccomp/\(place)", rule: rule, clause: clause)
  }
}
