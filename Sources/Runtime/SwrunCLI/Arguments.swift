/// A command line that the option table allows.
package struct Arguments: Equatable, Sendable {
  package var globals: [String: String]
  /// Nil where only global options stand.
  package var verb: String?
  package var options: [String: String]
  package var positional: [String]
  /// The values of options that may be given several times, in their order.
  package var lists: [String: [String]] = [:]

  /// The values of an option that may be given several times.
  func all(_ option: String) -> [String] { lists[option] ?? [] }

  /// Whether a flag was given, before or after the verb.
  func has(_ option: String) -> Bool { options[option] != nil }
}

/// What is wrong with a command line.
package enum UsageError: Error, Equatable, Sendable {
  case unknownVerb(String)
  case unknownOption(String, verb: String?)
  case missingValue(String)
  case unexpectedValue(String)
  case notAChoice(option: String, value: String, choices: [String])
  case wrongArguments(verb: Verb.Name, arguments: String, given: Int)
  case noVerb
  case contradiction(String, String)
}

extension Verb {
  package typealias Name = String
}

extension UsageError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unknownVerb(let name): "unknown command \"\(name)\": see swrun --help"
    case .unknownOption(let option, let verb):
      "unknown option \(option): see swrun \(verb.map { "\($0) " } ?? "")--help"
    case .missingValue(let option): "flag needs an argument: \(option)"
    case .unexpectedValue(let option): "option \(option) takes no value"
    case .notAChoice(let option, let value, let choices):
      "option --\(option) can't be \"\(value)\": use \(choices.joined(separator: ", "))"
    case .wrongArguments(let verb, let arguments, let given):
      "\(verb) takes \(arguments.isEmpty ? "no arguments" : arguments), \(given) given: "
        + "see swrun \(verb) --help"
    case .noVerb: "no command given: see swrun --help"
    case .contradiction(let one, let other): "\(one) and \(other) contradict each other: give one"
    }
  }
}

extension Arguments {
  /// Reads a command line, the program's name left out.
  ///
  /// Options may stand in any order, before or after arguments, with one dash or two, their value
  /// behind `=` or as the next word; `--` ends them. A global option is taken after the verb too,
  /// where the verb has none of that name. Where the verb takes a command, everything behind its
  /// first argument is the command's; a `--` between the two may be there. `help` or `h` in place of
  /// a verb is `--help`, and so is nothing at all; short flags may stand together, as in `-td`. An
  /// empty value takes an earlier one back, but for the options that it counts for.
  package init(parsing words: [String]) throws(UsageError) {
    self.init(globals: [:], verb: nil, options: [:], positional: [])
    var rest = words[...]
    var verb: Verb?
    while let word = rest.popFirst() {
      if word == "--" { break }
      if let flags = verb?.flags(in: word) {
        for flag in flags { options[flag] = "true" }
      } else if word.hasPrefix("-"), word != "-" {
        try take(word, &rest, verb)
      } else if verb == nil, word == "help" || word == "h" {
        globals["help"] = "true"
      } else if verb == nil {
        guard let known = OptionTable.verbs.first(where: { $0.name == word }) else {
          throw .unknownVerb(word)
        }
        verb = known
        self.verb = known.name
      } else {
        positional.append(word)
        if verb?.takesCommand == true {
          if rest.first == "--" { rest.removeFirst() }
          break
        }
      }
    }
    positional += rest
    if verb == nil, positional.isEmpty, globals["version"] == nil { globals["help"] = "true" }
    try checkCount(verb)
    if let manager = globals["cgroup-manager"], globals["systemd-cgroup"] != nil,
      manager != "systemd"
    {
      throw .contradiction("--systemd-cgroup", "--cgroup-manager \(manager)")
    }
  }

  private func checkCount(_ verb: Verb?) throws(UsageError) {
    let wantsHelp = globals["help"] != nil || globals["version"] != nil
    guard !wantsHelp else { return }
    guard let verb else { throw .noVerb }
    guard verb.count.contains(positional.count) else {
      throw .wrongArguments(
        verb: verb.name,
        arguments: verb.arguments,
        given: positional.count
      )
    }
  }

  private mutating func take(
    _ word: String,
    _ rest: inout ArraySlice<String>,
    _ verb: Verb?,
  ) throws(UsageError) {
    let body = word.drop { $0 == "-" }
    let equals = body.firstIndex(of: "=")
    let name = String(body[..<(equals ?? body.endIndex)])
    let inline = equals.map { String(body[body.index(after: $0)...]) }
    let own = verb?.options.first { $0.matches(name) }
    guard let option = own ?? OptionTable.globals.first(where: { $0.matches(name) }) else {
      throw .unknownOption(word, verb: verb?.name)
    }
    var value = try option.value(of: word, inline: inline, &rest)
    if value?.isEmpty == true, !option.countsEmpty { value = nil }
    if own != nil { options[option.long] = value } else { globals[option.long] = value }
    if option.isRepeatable, let value { lists[option.long, default: []].append(value) }
  }
}

extension Verb {
  /// The flags of a word of several letters, each one a flag's; nil for any other word.
  fileprivate func flags(in word: String) -> [String]? {
    let letters = word.dropFirst()
    guard word.hasPrefix("-"), letters.count > 1, !options.contains(where: { $0.long == letters })
    else { return nil }
    var found: [String] = []
    for letter in letters {
      guard let option = options.first(where: { $0.short == letter && $0.value == nil }) else {
        return nil
      }
      found.append(option.long)
    }
    return found
  }
}

extension Option {
  fileprivate func matches(_ name: String) -> Bool {
    name == long || (short.map { String($0) == name } ?? false)
  }

  /// The value behind `=` or in the next word; of a flag `true`, and nothing for `=false`.
  fileprivate func value(
    of word: String,
    inline: String?,
    _ rest: inout ArraySlice<String>,
  ) throws(UsageError) -> String? {
    guard value != nil else {
      switch inline {
      case nil, "true"?: return "true"
      case "false"?: return nil
      default: throw .unexpectedValue(word)
      }
    }
    guard let given = inline ?? rest.popFirst() else { throw .missingValue(word) }
    guard choices.isEmpty || choices.contains(given) || given.isEmpty else {
      throw .notAChoice(option: long, value: given, choices: choices)
    }
    return given
  }
}
