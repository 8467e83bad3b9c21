/// The verbs that need no container.
extension OptionTable {
  static let tools: [Verb] = [
    Verb(
      name: "spec",
      arguments: "",
      count: 0...0,
      help: "write a config.json to start from",
      options: [
        bundle,
        Option("file", short: "f", value: "FILE", "write FILE in place of config.json"),
        Option("rootless", "write one for a caller without privileges"),
      ]
    ),
    Verb(
      name: "check",
      arguments: "[BUNDLE]",
      count: 0...1,
      help: "say all that is wrong with a bundle, and what weakens it",
      options: [
        Option("format", short: "f", value: "FORMAT", choices: ["text", "json"], "text or json")
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
