extension OptionTable {
  /// The verbs that stop a container for a while, and those that look at it.
  static let observation: [Verb] = [
    Verb(
      name: "pause",
      arguments: "ID",
      count: 1...1,
      help: "stop all processes of a container until it is resumed",
      options: []
    ),
    Verb(
      name: "resume",
      arguments: "ID",
      count: 1...1,
      help: "let a paused container go on",
      options: []
    ),
    Verb(
      name: "events",
      arguments: "ID",
      count: 1...1,
      help: "print what a container uses, and when it runs out of memory, as JSON",
      options: [
        interval("5s"),
        Option("stats", "print what it uses at this moment, and end"),
      ]
    ),
    Verb(
      name: "ps",
      arguments: "ID [PS-OPTION...]",
      count: 1...Int.max,
      help: "list the processes of a container",
      options: [format],
      takesCommand: true
    ),
    Verb(
      name: "top",
      arguments: "",
      count: 0...0,
      help: "show what all containers use",
      options: [
        format,
        interval("2s"),
        Option(
          "sort",
          short: "s",
          value: "COLUMN",
          choices: UsageColumn.allCases.map(\.rawValue),
          "what to sort by: cpu (the default), memory, io, pids or id"
        ),
      ]
    ),
  ]

  private static func interval(_ standard: String) -> Option {
    Option(
      "interval",
      value: "DURATION",
      countsEmpty: true,
      "time between two looks: 500ms, 1m30s (\(standard))"
    )
  }

  private static let format = Option(
    "format",
    short: "f",
    value: "FORMAT",
    choices: ["table", "json"],
    "table or json"
  )
}
