/// Help, made from the option table.
package enum Help {
  /// What `swrun --help` prints.
  package static var overview: String {
    let verbs = OptionTable.verbs.map { ("\($0.name) \($0.arguments)", $0.help) }
    return """
      swrun: run OCI containers

      usage: swrun [GLOBAL OPTION...] COMMAND [OPTION...] [ARGUMENT...]

      commands:
      \(table(verbs))
      global options:
      \(table(OptionTable.globals.map { ($0.usage, $0.help) }))
      swrun COMMAND --help shows the options of a command; swrun(8) tells the rest.

      """
  }

  /// What `swrun VERB --help` prints.
  package static func of(_ verb: Verb) -> String {
    let arguments = verb.arguments.isEmpty ? "" : " \(verb.arguments)"
    let options =
      verb.options.isEmpty
      ? "" : "\noptions:\n\(table(verb.options.map { ($0.usage, $0.help) }))"
    return """
      swrun \(verb.name): \(verb.help)

      usage: swrun [GLOBAL OPTION...] \(verb.name)\(verb.options.isEmpty ? "" : " [OPTION...]")\(arguments)
      \(options)
      """
  }

  private static func table(_ rows: [(String, String)]) -> String {
    let width = rows.map { $0.0.utf8.count }.max() ?? 0
    return rows.map { left, right in
      let space = String(repeating: " ", count: width - left.utf8.count)
      return "  \(left)\(space)  \(right)\n"
    }.joined()
  }
}

extension Option {
  /// As help shows it: `-b, --bundle DIR`.
  var usage: String {
    let dash = short.map { "-\($0), " } ?? ""
    return "\(dash)--\(long)" + (value.map { " \($0)" } ?? "")
  }
}
