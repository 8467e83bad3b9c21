import State

/// An option as a caller may write it.
package struct Option: Sendable, Equatable {
  /// Without dashes.
  package let long: String
  /// One letter; nil for none.
  package let short: Character?
  /// What stands for its value in help; nil for a flag.
  package let value: String?
  /// The words that its value may be; empty for any.
  package let choices: [String]
  package let help: String
  /// Whether it may be given several times, each counting; of others the last counts.
  package let isRepeatable: Bool
  /// Whether an empty value is one, for the verb to judge.
  ///
  /// Of others it is as good as none: so runc has it of paths and texts, and not of numbers.
  package let countsEmpty: Bool

  init(
    _ long: String,
    short: Character? = nil,
    value: String? = nil,
    choices: [String] = [],
    isRepeatable: Bool = false,
    countsEmpty: Bool = false,
    _ help: String,
  ) {
    self.isRepeatable = isRepeatable
    self.countsEmpty = countsEmpty || isRepeatable
    self.long = long
    self.short = short
    self.value = value
    self.choices = choices
    self.help = help
  }
}

/// A verb with its options and arguments: what the parser, help, the manual pages and the
/// completions all go by.
package struct Verb: Sendable {
  package let name: String
  /// What stands behind the options, as `ID [SIGNAL]`.
  package let arguments: String
  /// How many arguments there may be.
  package let count: ClosedRange<Int>
  package let help: String
  package let options: [Option]
  /// Whether the words behind its first argument are a command, options and all.
  package var takesCommand = false
}

/// Everything that swrun can be told.
package enum OptionTable {
  package static let globals: [Option] = [
    Option(
      "root",
      value: "DIR",
      "where containers' state is kept (/run/swrun, or $XDG_RUNTIME_DIR/swrun)"
    ),
    Option(
      "log",
      value: "WHERE",
      "send messages there as well: FILE, file:FILE, journald:NAME or syslog:NAME"
    ),
    Option(
      "log-format",
      value: "FORMAT",
      choices: ["text", "json"],
      "format of the log: text or json"
    ),
    Option(
      "log-level",
      value: "LEVEL",
      choices: LogLevel.allCases.map(\.rawValue),
      "say no more than this: error, warning (the default) or debug"
    ),
    Option("debug", "say what is done: --log-level debug"),
    Option(
      "rootless",
      value: "WHEN",
      choices: ["auto", "true", "false"],
      "run without privileges: auto, true or false"
    ),
    Option("criu", value: "FILE", "the criu that checkpoints and restores (found in $PATH)"),
    Option("systemd-cgroup", "have systemd manage cgroups: --cgroup-manager systemd"),
    Option(
      "cgroup-manager",
      value: "MANAGER",
      choices: CgroupManager.allCases.map(\.rawValue),
      "who manages cgroups: cgroupfs (swrun itself), systemd, or disabled (nobody)"
    ),
    Option("help", short: "h", "show help"),
    Option("version", short: "v", "show versions"),
  ]

  static let bundle = Option(
    "bundle",
    short: "b",
    value: "DIR",
    "the bundle's directory (the current one)"
  )
  static let consoleSocket = Option(
    "console-socket",
    value: "SOCKET",
    "send the terminal's master to who listens at SOCKET"
  )
  static let noSubreaper = Option(
    "no-subreaper",
    "don't adopt the orphans of the container's processes"
  )
  /// For verbs that can be told of many containers in one word.
  static let regex = Option(
    "regex",
    short: "r",
    "ID is an extended regular expression, and all that it matches are meant"
  )

  package static let verbs: [Verb] = lifecycle + observation + change + tools
}
