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
