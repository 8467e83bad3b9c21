import Testing

@testable import SwrunCLI

@Suite struct ArgumentsTests {
  /// Command lines as callers write them: see the manual of each for why.
  static let lines: [(label: String, words: [String], expected: Arguments)] = [
    (
      "containerd create",
      [
        "--root", "/r", "--log", "/l", "--log-format", "json", "create", "--bundle", "/b",
        "--pid-file", "/p", "--no-pivot", "id",
      ],
      Arguments(
        globals: ["root": "/r", "log": "/l", "log-format": "json"],
        verb: "create",
        options: ["bundle": "/b", "pid-file": "/p", "no-pivot": "true"],
        positional: ["id"]
      )
    ),
    (
      "go-runc with equals and a single dash",
      ["--rootless=false", "run", "-no-subreaper", "--bundle=/b", "id"],
      Arguments(
        globals: ["rootless": "false"],
        verb: "run",
        options: ["no-subreaper": "true", "bundle": "/b"],
        positional: ["id"]
      )
    ),
    (
      "options behind the argument",
      ["delete", "id", "--force"],
      Arguments(globals: [:], verb: "delete", options: ["force": "true"], positional: ["id"])
    ),
    (
      "global options behind the verb",
      ["kill", "--root", "/r", "-a", "id", "9"],
      Arguments(
        globals: ["root": "/r"],
        verb: "kill",
        options: ["all": "true"],
        positional: ["id", "9"]
      )
    ),
    (
      "a short option with its value",
      ["list", "-f", "json"],
      Arguments(globals: [:], verb: "list", options: ["format": "json"], positional: [])
    ),
    (
      "words after a double dash",
      ["state", "--", "-id"],
      Arguments(globals: [:], verb: "state", options: [:], positional: ["-id"])
    ),
    (
      "options of ps behind the id of swrun ps, whatever they look like",
      ["ps", "--format", "table", "id", "-o", "pid", "--", "--root=x"],
      Arguments(
        globals: [:],
        verb: "ps",
        options: ["format": "table"],
        positional: ["id", "-o", "pid", "--", "--root=x"]
      )
    ),
    (
      "containerd exec",
      ["exec", "--process", "/p", "--detach", "--pid-file", "/f", "id"],
      Arguments(
        globals: [:],
        verb: "exec",
        options: ["process": "/p", "detach": "true", "pid-file": "/f"],
        positional: ["id"]
      )
    ),
    (
      "a command with options of its own",
      ["exec", "-e", "A=1", "--env=B=2", "id", "ls", "-l", "--help", "--", "x"],
      Arguments(
        globals: [:],
        verb: "exec",
        options: ["env": "B=2"],
        positional: ["id", "ls", "-l", "--help", "--", "x"],
        lists: ["env": ["A=1", "B=2"]]
      )
    ),
    (
      "a double dash before a command",
      ["exec", "id", "--", "-l"],
      Arguments(globals: [:], verb: "exec", options: [:], positional: ["id", "-l"])
    ),
    (
      "crun exec with short flags in one word",
      ["exec", "-td", "id", "ls", "-la"],
      Arguments(
        globals: [:],
        verb: "exec",
        options: ["tty": "true", "detach": "true"],
        positional: ["id", "ls", "-la"]
      )
    ),
    (
      "runc's command for help",
      ["help", "create"],
      Arguments(globals: ["help": "true"], verb: "create", options: [:], positional: [])
    ),
    (
      "another word for help",
      ["h"],
      Arguments(globals: ["help": "true"], verb: nil, options: [:], positional: [])
    ),
    (
      "no command, as a wish for help",
      ["--root", "/r"],
      Arguments(globals: ["root": "/r", "help": "true"], verb: nil, options: [:], positional: [])
    ),
    (
      "empty values",
      ["--root=", "--log", "", "create", "--pid-file", "/p", "--pid-file=", "-b", "", "id"],
      Arguments(globals: [:], verb: "create", options: [:], positional: ["id"])
    ),
    (
      "empty values that are the verb's to judge",
      ["exec", "--user=", "--cgroup", "", "--preserve-fds=", "--env", "", "id"],
      Arguments(
        globals: [:],
        verb: "exec",
        options: ["user": "", "cgroup": "", "preserve-fds": "", "env": ""],
        positional: ["id"],
        lists: ["env": [""]]
      )
    ),
    (
      "a flag switched off",
      ["delete", "--force=false", "id"],
      Arguments(globals: [:], verb: "delete", options: [:], positional: ["id"])
    ),
  ]

  @Test(arguments: lines.indices)
  func reads(_ index: Int) throws {
    let line = Self.lines[index]
    #expect(try Arguments(parsing: line.words) == line.expected, "\(line.label)")
  }

  static let mistakes: [(words: [String], error: UsageError)] = [
    (["--", "list"], .noVerb),
    (["fly"], .unknownVerb("fly")),
    (["--wings", "run", "id"], .unknownOption("--wings", verb: nil)),
    (["start", "--detach", "id"], .unknownOption("--detach", verb: "start")),
    (["exec", "-tu", "0", "id"], .unknownOption("-tu", verb: "exec")),
    (["run", "id", "--bundle"], .missingValue("--bundle")),
    (["run", "--detach=perhaps", "id"], .unexpectedValue("--detach=perhaps")),
    (["create"], .wrongArguments(verb: "create", arguments: "ID", given: 0)),
    (["list", "id"], .wrongArguments(verb: "list", arguments: "", given: 1)),
    (
      ["list", "--format", "xml"],
      .notAChoice(option: "format", value: "xml", choices: ["table", "json"])
    ),
  ]

  @Test(arguments: mistakes.indices)
  func refuses(_ index: Int) {
    #expect(throws: Self.mistakes[index].error) {
      try Arguments(parsing: Self.mistakes[index].words)
    }
  }

  @Test func takesHelpWithoutArguments() throws {
    #expect(try Arguments(parsing: ["create", "--help"]).globals["help"] == "true")
  }
}

@Suite struct OptionTableTests {
  @Test func namesNoOptionTwice() {
    for verb in OptionTable.verbs {
      let names = verb.options.map(\.long)
      #expect(Set(names).count == names.count, "\(verb.name)")
      let letters = verb.options.compactMap(\.short)
      #expect(Set(letters).count == letters.count, "\(verb.name)")
      #expect(
        Set(names).isDisjoint(with: OptionTable.globals.map(\.long).filter { $0 != "rootless" })
      )
    }
  }

  @Test func helpShowsEveryOption() {
    for verb in OptionTable.verbs {
      for option in verb.options { #expect(Help.of(verb).contains(option.usage)) }
      #expect(Help.overview.contains("\(verb.name) \(verb.arguments)"))
    }
  }
}

@Suite struct UserOptionTests {
  @Test func readsNumbers() throws {
    #expect(try UserOption("0") == UserOption(uid: 0, gid: nil))
    #expect(try UserOption("1000:5") == UserOption(uid: 1000, gid: 5))
    #expect(try UserOption("4294967294") == UserOption(uid: 4_294_967_294, gid: nil))
  }

  // CVE-2026-30892: what is no number was taken for 0.
  @Test(arguments: ["", "-1", "1:", ":1", "1:2:3", "root", "0x1", " 1", "+1", "4294967295", "٣"])
  func refuses(_ text: String) {
    #expect(throws: (any Error).self) { try UserOption(text) }
  }
}
