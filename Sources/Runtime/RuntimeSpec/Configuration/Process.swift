internal import JSON

extension Configuration {
  /// The program that the container is for, and what it runs as.
  ///
  /// Spec: config.md, "Process".
  package struct Process: Equatable, Sendable {
    package var terminal: Bool?
    package var consoleSize: ConsoleSize?
    package var cwd: String
    package var env: [String]?
    package var args: [String]?
    /// For Windows, in place of `args`.
    package var commandLine: String?
    package var user: User?
    package var rlimits: [Rlimit]?
    package var apparmorProfile: String?
    package var capabilities: Capabilities?
    package var noNewPrivileges: Bool?
    package var oomScoreAdj: Int?
    package var scheduler: Scheduler?
    package var selinuxLabel: String?
    package var ioPriority: IOPriority?
    package var execCPUAffinity: ExecCPUAffinity?
  }

  /// Who the process is.
  ///
  /// Spec: config.md, "POSIX-platform User".
  package struct User: Equatable, Sendable {
    package var uid: UInt32?
    package var gid: UInt32?
    package var umask: UInt32?
    package var additionalGids: [UInt32]?
    /// For Windows, in place of `uid`.
    package var username: String?
  }

  /// The five lists of capability names.
  ///
  /// Spec: config.md, "Linux Process".
  package struct Capabilities: Equatable, Sendable {
    package var effective: [String]?
    package var bounding: [String]?
    package var inheritable: [String]?
    package var permitted: [String]?
    package var ambient: [String]?
  }

  /// One resource limit, by the name of setrlimit(2).
  ///
  /// Spec: config.md, "POSIX process".
  package struct Rlimit: Equatable, Sendable {
    package var type: String
    package var soft: UInt64
    package var hard: UInt64
  }

  /// CPU lists for the processes that exec adds.
  ///
  /// Spec: config.md, "Linux Process".
  package struct ExecCPUAffinity: Equatable, Sendable {
    package var initial: String?
    package var final: String?
  }

  /// The scheduling policy by its names.
  ///
  /// Spec: config.md, "Linux Process".
  package struct Scheduler: Equatable, Sendable {
    package var policy: String
    package var nice: Int32?
    package var priority: Int32?
    package var flags: [String]?
    package var runtime: UInt64?
    package var deadline: UInt64?
    package var period: UInt64?
  }

  /// The I/O priority by its names.
  ///
  /// Spec: config.md, "Linux Process".
  package struct IOPriority: Equatable, Sendable {
    package var `class`: String
    package var priority: Int32?
  }
}

/// The size of the terminal in characters.
///
/// Spec: config.md, "Process".
package struct ConsoleSize: Equatable, Sendable {
  package var height: UInt16
  package var width: UInt16
}

extension Configuration.Process {
  /// Decodes a section that stands for itself, as callers of exec hand it over.
  ///
  /// - Throws: as `Configuration.init(parsing:)`.
  package init(parsing bytes: [UInt8]) throws(ConfigurationError) {
    let document: JSONDocument
    do {
      document = try JSONDocument(parsing: bytes)
    } catch {
      throw ConfigurationError(error)
    }
    try self.init(Section(document.root, "config.md, \"Process\""))
  }

  init(_ section: Section) throws(ConfigurationError) {
    let linux = "config.md, \"Linux Process\""
    terminal = try section.boolean("terminal")
    consoleSize = try section.section("consoleSize", section.clause, make: ConsoleSize.init)
    cwd = try section.required("cwd", section.string("cwd"))
    env = try section.strings("env")
    args = try section.strings("args")
    commandLine = try section.string("commandLine")
    user = try section.section(
      "user",
      "config.md, \"POSIX-platform User\"",
      make: Configuration.User.init,
    )
    rlimits = try section.sections(
      "rlimits",
      "config.md, \"POSIX process\"",
      each: Configuration.Rlimit.init,
    )
    apparmorProfile = try section.string("apparmorProfile")
    capabilities = try section.section(
      "capabilities",
      linux,
      make: Configuration.Capabilities.init,
    )
    noNewPrivileges = try section.boolean("noNewPrivileges")
    // Spec: the range is that of /proc/PID/oom_score_adj; see proc_pid_oom_score_adj(5).
    oomScoreAdj = try section.integer("oomScoreAdj", in: -1000...1000)
    scheduler = try section.section("scheduler", linux, make: Configuration.Scheduler.init)
    selinuxLabel = try section.string("selinuxLabel")
    ioPriority = try section.section("ioPriority", linux, make: Configuration.IOPriority.init)
    execCPUAffinity = try section.section(
      "execCPUAffinity",
      linux,
      make: Configuration.ExecCPUAffinity.init,
    )
  }
}

extension Configuration.User {
  init(_ section: Section) throws(ConfigurationError) {
    // The largest number means "leave it as it is" to setresuid(2), and so names nobody.
    let identities = 0...UInt32.max - 1
    uid = try section.integer("uid", in: identities)
    gid = try section.integer("gid", in: identities)
    umask = try section.integer("umask", in: 0...0o777)
    let clause = section.clause
    additionalGids = try section.list("additionalGids") { node throws(ConfigurationError) in
      try node.integer(in: identities, clause)
    }
    username = try section.string("username")
  }
}

extension Configuration.Capabilities {
  init(_ section: Section) throws(ConfigurationError) {
    effective = try section.strings("effective")
    bounding = try section.strings("bounding")
    inheritable = try section.strings("inheritable")
    permitted = try section.strings("permitted")
    ambient = try section.strings("ambient")
  }
}

extension Configuration.Rlimit {
  init(_ section: Section) throws(ConfigurationError) {
    type = try section.required("type", section.string("type"))
    soft = try section.required("soft", section.integer("soft"))
    hard = try section.required("hard", section.integer("hard"))
  }
}

extension Configuration.ExecCPUAffinity {
  init(_ section: Section) throws(ConfigurationError) {
    initial = try section.string("initial")
    final = try section.string("final")
  }
}

extension Configuration.Scheduler {
  init(_ section: Section) throws(ConfigurationError) {
    policy = try section.required("policy", section.string("policy"))
    nice = try section.integer("nice")
    priority = try section.integer("priority")
    flags = try section.strings("flags")
    runtime = try section.integer("runtime")
    deadline = try section.integer("deadline")
    period = try section.integer("period")
  }
}

extension Configuration.IOPriority {
  init(_ section: Section) throws(ConfigurationError) {
    `class` = try section.required("class", section.string("class"))
    priority = try section.integer("priority")
  }
}

extension ConsoleSize {
  init(_ section: Section) throws(ConfigurationError) {
    height = try section.required("height", section.integer("height"))
    width = try section.required("width", section.integer("width"))
  }
}
