/// The verbs that save a running container, bring it back, or change its mounts.
extension OptionTable {
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
    Option(
      "status-fd",
      value: "N",
      countsEmpty: true,
      "write a NUL byte there when lazy pages can be fetched"
    ),
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

  static let change: [Verb] = [
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
        consoleSocket,
        Option("no-pivot", "accepted: CRIU changes the root in its own way"),
        Option("detach", short: "d", "don't wait for its end"),
        noSubreaper,
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
  ]
}
