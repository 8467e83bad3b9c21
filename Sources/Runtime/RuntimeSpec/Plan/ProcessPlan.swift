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
  /// Whether the program is told its own process id as LISTEN_PID: once it has one.
  package var announcesPid: Bool
  package var memoryPolicy: MemoryPolicyPlan?
  /// What of files and ports the process may reach; nil leaves that to all else.
  package var landlock: LandlockPlan?
  /// Whether no process of others runs on the same core at the same time.
  package var hasOwnCores: Bool
  /// Whether the supplementary groups are the caller's, and none of the document's.
  package var keepsGroups: Bool
  /// What exec runs on until the process is in the container's control group; init heeds neither.
  package var initialCPUs: NumberList?
  /// What a process of exec runs on in the container's control group.
  package var finalCPUs: NumberList?
}

extension ProcessPlan {
  private static let clause = "config.md, \"Process\""

  /// Decides everything about a process.
  ///
  /// What was ignored is added to `warnings`.
  package init(
    _ process: Configuration.Process?,
    warnings: inout [IgnoredSetting],
  ) throws(ConfigurationError) {
    guard let process else {
      throw Self.failure("/process", "is required to start a container and missing")
    }
    warnings += try Self.foreignMembers(process)
    args = try Self.args(process.args)
    environment = try Self.environment(process.env ?? [])
    guard process.cwd.isAbsolutePath else {
      throw Self.failure("/process/cwd", "must be an absolute path, is \(quoted(process.cwd))")
    }
    cwd = process.cwd
    uid = process.user?.uid ?? 0
    gid = process.user?.gid ?? 0
    additionalGids = process.user?.additionalGids ?? []
    umask = process.user?.umask
    hasTerminal = process.terminal ?? false
    consoleSize = hasTerminal ? process.consoleSize : nil
    capabilities = CapabilityNames(process.capabilities, warnings: &warnings)
    noNewPrivileges = process.noNewPrivileges ?? false
    rlimits = try RlimitPlan.list(process.rlimits ?? [])
    oomScoreAdj = process.oomScoreAdj
    apparmorProfile = process.apparmorProfile == "" ? nil : process.apparmorProfile
    selinuxLabel = process.selinuxLabel == "" ? nil : process.selinuxLabel
    ioPriority = try process.ioPriority.map(IOPriorityPlan.init)
    scheduler = try process.scheduler.map(SchedulerPlan.init)
    personality = nil
    announcesPid = false
    memoryPolicy = nil
    landlock = nil
    hasOwnCores = false
    keepsGroups = false
    initialCPUs = try Self.processors(process.execCPUAffinity?.initial, "initial")
    finalCPUs = try Self.processors(process.execCPUAffinity?.final, "final")
  }

  /// Sets variables of the environment, whatever the document says of them.
  package mutating func set(_ variables: [String]) {
    let names = variables.map { $0.utf8.prefix { $0 != UInt8(ascii: "=") } }
    environment.removeAll { old in
      names.contains { $0.elementsEqual(old.utf8.prefix { $0 != UInt8(ascii: "=") }) }
    }
    environment += variables
  }

  /// Tells the program of sockets that it gets from 3 on; nothing without variables about them.
  ///
  /// See: sd_listen_fds(3).
  package mutating func addSockets(_ variables: [String]) {
    guard !variables.isEmpty else { return }
    environment.removeAll { $0.hasPrefix("LISTEN_PID=") }
    set(variables)
    announcesPid = true
  }

  private static func processors(
    _ text: String?,
    _ property: String,
  ) throws(ConfigurationError) -> NumberList? {
    guard let text, !text.isEmpty else { return nil }
    guard let list = NumberList(text) else {
      throw ConfigurationError(
        pointer: "/process/execCPUAffinity/\(property)",
        rule: "must be a list of CPUs as \"0-3,7\", is \(quoted(text))",
        clause: "config.md, \"Linux Process\"",
      )
    }
    return list
  }

  /// What is set for Windows, where what Linux has in its place is there too.
  private static func foreignMembers(
    _ process: Configuration.Process
  ) throws(ConfigurationError) -> [IgnoredSetting] {
    let members: [(text: String?, hasOwn: Bool, refusal: ConfigurationError)] = [
      (
        process.commandLine, process.args != nil,
        failure("/process/commandLine", "is for Windows: give the program in args")
      ),
      (
        process.user?.username, process.user?.uid != nil,
        ConfigurationError(
          pointer: "/process/user/username",
          rule: "is for Windows: give a number in uid",
          clause: "config.md, \"Windows User\"",
        )
      ),
    ]
    var ignored: [IgnoredSetting] = []
    for member in members where !(member.text ?? "").isEmpty {
      guard member.hasOwn else { throw member.refusal }
      ignored.append(.foreign(member.refusal.pointer, member.refusal.clause))
    }
    return ignored
  }

  private static func args(_ args: [String]?) throws(ConfigurationError) -> [String] {
    guard let args, let program = args.first else {
      throw failure("/process/args", "must name a program to run")
    }
    guard !program.isEmpty else { throw failure("/process/args/0", "must not be empty") }
    return args
  }

  /// The variables, each once: of one that stands twice the last.
  private static func environment(
    _ variables: [String]
  ) throws(ConfigurationError) -> [String] {
    var names: [[UInt8]] = []
    for (index, variable) in variables.enumerated() {
      let name = Array(variable.utf8.prefix { $0 != UInt8(ascii: "=") })
      guard !name.isEmpty, name.count < variable.utf8.count else {
        let rule = "must be NAME=value, is \(quoted(variable))"
        throw failure("/process/env/\(index)", rule)
      }
      names.append(name)
    }
    let isLast = isLastOccurrence(names)
    return variables.indices.filter { isLast[$0] }.map { variables[$0] }
  }

  private static func failure(_ pointer: String, _ rule: String) -> ConfigurationError {
    ConfigurationError(pointer: pointer, rule: rule, clause: clause)
  }
}
