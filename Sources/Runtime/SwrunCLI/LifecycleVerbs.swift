/// The verbs that make, change and end containers.
extension OptionTable {
  private static let creation: [Option] = [
    bundle,
    Option("config", short: "f", value: "FILE", "read FILE in place of the bundle's config.json"),
    Option("pid-file", value: "FILE", "write the process id of init to FILE"),
    consoleSocket,
    Option("pidfd-socket", value: "SOCKET", "send a pidfd of init to who listens at SOCKET"),
    Option("no-pivot", "move the rootfs over / in place of pivot_root, for ramdisks"),
    Option("no-new-keyring", "stay in the caller's session keyring"),
    preservedDescriptors("pass N more descriptors, from 3 on, to the container"),
  ]

  private static func preservedDescriptors(_ help: String) -> Option {
    Option("preserve-fds", value: "N", countsEmpty: true, help)
  }

  private static let execution: [Option] = [
    Option("process", short: "p", value: "FILE", "take the process from FILE, a section as JSON"),
    Option("detach", short: "d", "don't wait for its end"),
    Option("tty", short: "t", "give it a terminal"),
    Option("env", short: "e", value: "NAME=VALUE", isRepeatable: true, "set a variable"),
    // What is no number is no 0: an empty variable of a script must not become root.
    Option(
      "user",
      short: "u",
      value: "UID[:GID]",
      countsEmpty: true,
      "run it as this user, and group"
    ),
    Option(
      "additional-gids",
      short: "g",
      value: "GID",
      isRepeatable: true,
      "add a group"
    ),
    Option("cwd", value: "DIR", "its working directory in the container"),
    Option("cap", short: "c", value: "CAP", isRepeatable: true, "add a capability"),
    Option("apparmor", value: "PROFILE", "its AppArmor profile"),
    Option("process-label", value: "LABEL", "its SELinux label"),
    Option("no-new-privs", "let it gain no privileges"),
    preservedDescriptors("pass N more descriptors, from 3 on, to it"),
    Option("pid-file", value: "FILE", "write its process id to FILE"),
    consoleSocket,
    Option("pidfd-socket", value: "SOCKET", "send a pidfd of it to who listens at SOCKET"),
    Option(
      "cgroup",
      value: "PATH",
      countsEmpty: true,
      "run it in a control group below the container's"
    ),
    Option("ignore-paused", "go ahead in a paused container"),
    noSubreaper,
  ]

  static let lifecycle: [Verb] = [
    Verb(
      name: "create",
      arguments: "ID",
      count: 1...1,
      help: "make a container, not started yet",
      options: creation + [
        Option("no-subreaper", "accepted: create adopts nobody")
      ]
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
        noSubreaper,
      ]
    ),
    Verb(
      name: "exec",
      arguments: "ID [COMMAND [ARGUMENT...]]",
      count: 1...Int.max,
      help: "run another process in a container, and wait for its end",
      options: execution,
      takesCommand: true
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
      options: [Option("all", short: "a", "send it to all processes of the container"), regex]
    ),
    Verb(
      name: "update",
      arguments: "ID",
      count: 1...1,
      help: "change the limits of a container, all of them or none",
      options: limits
    ),
    Verb(
      name: "delete",
      arguments: "ID",
      count: 1...1,
      help: "delete a container that has stopped",
      options: [Option("force", short: "f", "kill it first if it is still running"), regex]
    ),
  ]
}
