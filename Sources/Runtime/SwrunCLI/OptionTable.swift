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

  init(
    _ long: String,
    short: Character? = nil,
    value: String? = nil,
    choices: [String] = [],
    _ help: String,
  ) {
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
}

/// Everything that swrun can be told.
package enum OptionTable {
  package static let globals: [Option] = [
    Option(
      "root",
      value: "DIR",
      "where containers' state is kept (/run/swrun, or $XDG_RUNTIME_DIR/swrun)"
    ),
    Option("log", value: "FILE", "append messages to FILE as well"),
    Option(
      "log-format",
      value: "FORMAT",
      choices: ["text", "json"],
      "format of the log: text or json"
    ),
    Option("debug", "say what is done"),
    Option(
      "rootless",
      value: "WHEN",
      choices: ["auto", "true", "false"],
      "run without privileges: auto, true or false"
    ),
    Option("criu", value: "FILE", "the criu that checkpoints and restores (found in $PATH)"),
    Option("systemd-cgroup", "have systemd manage cgroups (not in this version: refused)"),
    Option("help", short: "h", "show help"),
    Option("version", short: "v", "show versions"),
  ]

  private static let bundle = Option(
    "bundle",
    short: "b",
    value: "DIR",
    "the bundle's directory (the current one)"
  )
  private static let creation: [Option] = [
    bundle,
    Option("pid-file", value: "FILE", "write the process id of init to FILE"),
    Option(
      "console-socket",
      value: "SOCKET",
      "send the terminal's master to who listens at SOCKET"
    ),
    Option("no-pivot", "move the rootfs over / in place of pivot_root, for ramdisks"),
    Option("no-new-keyring", "stay in the caller's session keyring"),
    Option("preserve-fds", value: "N", "pass N more descriptors, from 3 on, to the container"),
  ]

  /// What checkpoint and restore both take: go-runc passes the same to either.
  private static let criu: [Option] = [
    Option("image-path", value: "DIR", "where CRIU's images are (./checkpoint)"),
    Option("work-path", value: "DIR", "where CRIU's log goes (the directory of the images)"),
    Option("parent-path", value: "DIR", "images of an earlier pre-dump, relative to the new ones"),
    Option("tcp-established", "with TCP connections"),
    Option("tcp-close", "with TCP connections, closed"),
    Option("tcp-skip-in-flight", "without TCP connections that are not established yet"),
    Option("ext-unix-sk", "with Unix sockets whose other end is outside"),
    Option("shell-job", "with a session or terminal from outside"),
    Option("file-locks", "with file locks"),
    Option("link-remap", "with files that have been removed, by a new link"),
    Option("lazy-pages", "leave memory to be fetched when it is used"),
    Option("page-server", value: "ADDRESS:PORT", "send memory to CRIU's page server"),
    Option("status-fd", value: "N", "write a NUL byte there when lazy pages can be fetched"),
    Option("auto-dedup", "free what of an earlier image is outdated"),
    Option(
      "manage-cgroups-mode",
      value: "MODE",
      choices: ["soft", "full", "strict", "ignore"],
      "how CRIU treats cgroups: soft, full, strict or ignore (soft)"
    ),
    Option(
      "empty-ns",
      value: "NAMESPACE",
      choices: ["network"],
      "leave what is set in a namespace out: network"
    ),
  ]

  package static let verbs: [Verb] = [
    Verb(
      name: "create",
      arguments: "ID",
      count: 1...1,
      help: "make a container, not started yet",
      options: creation
    ),
    Verb(
      name: "start",
      arguments: "ID",
      count: 1...1,
      help: "start the program of a created container",
      options: []
    ),
    Verb(
      name: "run",
      arguments: "ID",
      count: 1...1,
      help: "make and start a container, and wait for its end",
      options: creation + [
        Option("detach", short: "d", "don't wait for its end"),
        Option("keep", "keep the container's state when it has ended"),
        Option("no-subreaper", "don't adopt the orphans of the container's processes"),
      ]
    ),
    Verb(
      name: "state",
      arguments: "ID",
      count: 1...1,
      help: "print the state of a container as JSON",
      options: []
    ),
    Verb(
      name: "list",
      arguments: "",
      count: 0...0,
      help: "list containers",
      options: [
        Option(
          "format",
          short: "f",
          value: "FORMAT",
          choices: ["table", "json"],
          "table or json"
        ),
        Option("quiet", short: "q", "print ids only"),
      ]
    ),
    Verb(
      name: "kill",
      arguments: "ID [SIGNAL]",
      count: 1...2,
      help: "send a signal to a container (SIGTERM)",
      options: [Option("all", short: "a", "send it to all processes of the container")]
    ),
    Verb(
      name: "delete",
      arguments: "ID",
      count: 1...1,
      help: "delete a container that has stopped",
      options: [Option("force", short: "f", "kill it first if it is still running")]
    ),
    Verb(
      name: "checkpoint",
      arguments: "ID",
      count: 1...1,
      help: "save a running container through CRIU",
      options: criu + [
        Option("leave-running", "let the container go on"),
        Option("pre-dump", "save memory alone, and let the container go on"),
      ]
    ),
    Verb(
      name: "restore",
      arguments: "ID",
      count: 1...1,
      help: "make a container out of a checkpoint, and wait for its end",
      options: [
        bundle,
        Option("pid-file", value: "FILE", "write the process id of init to FILE"),
        Option(
          "console-socket",
          value: "SOCKET",
          "send the terminal's master to who listens at SOCKET"
        ),
        Option("no-pivot", "accepted: CRIU changes the root in its own way"),
        Option("detach", short: "d", "don't wait for its end"),
        Option("no-subreaper", "don't adopt the orphans of the container's processes"),
        Option("lsm-profile", value: "TYPE:NAME", "an apparmor or selinux profile in place of its"),
        Option("lsm-mount-context", value: "CONTEXT", "the SELinux context of its mounts"),
      ] + criu
    ),
    Verb(
      name: "mounts",
      arguments: "add|remove ID MOUNTS",
      count: 3...3,
      help: "mount something in a running container, or take it away",
      options: []
    ),
    Verb(
      name: "spec",
      arguments: "",
      count: 0...0,
      help: "write a config.json to start from",
      options: [
        bundle,
        Option("rootless", "write one for a caller without privileges"),
      ]
    ),
    Verb(
      name: "features",
      arguments: "",
      count: 0...0,
      help: "print what this swrun can do as JSON",
      options: []
    ),
    Verb(
      name: "completion",
      arguments: "SHELL",
      count: 1...1,
      help: "print completions for bash, zsh or fish, or the table of options (table)",
      options: []
    ),
  ]
}
