/// Completions for shells, and the option table as text, all made from the option table.
package enum Completions {
  /// The script for a shell; nil for one that there is none for.
  package static func script(for shell: String) -> String? {
    switch shell {
    case "bash": bash
    case "zsh": zsh
    case "fish": fish
    case "table": table
    default: nil
    }
  }

  /// One line an option: verb (`-` for global ones), long form, short form; and one a verb.
  private static var table: String {
    let globals = OptionTable.globals.map { "-\t\($0.tableForm)\n" }
    let verbs = OptionTable.verbs.flatMap { verb in
      ["\(verb.name)\t\(verb.arguments)\n"]
        + verb.options.map { "\(verb.name)\t\($0.tableForm)\n" }
    }
    return (globals + verbs).joined()
  }

  private static var verbNames: String {
    OptionTable.verbs.map(\.name).joined(separator: " ")
  }

  /// The verbs that are about a container that is there, as patterns of the shell's `case`.
  private static var verbsOnContainers: String {
    OptionTable.verbs.filter {
      $0.arguments.hasPrefix("ID") && !["create", "run"].contains($0.name)
    }
    .map { "\($0.name):*" }.joined(separator: "|")
  }

  private static var bash: String {
    let cases = OptionTable.verbs.map { verb in
      let words = verb.options.map(\.words).joined(separator: " ")
      return "    \(verb.name)) words=\"\(words)\" ;;\n"
    }
    return """
      # bash completion for swrun
      _swrun() {
        local word=${COMP_WORDS[COMP_CWORD]} verb= i words
        for ((i = 1; i < COMP_CWORD; i++)); do
          case ${COMP_WORDS[i]} in
          \(OptionTable.verbs.map(\.name).joined(separator: "|"))) verb=${COMP_WORDS[i]} ;;
          esac
        done
        case $verb in
          "") words="\(verbNames) \(OptionTable.globals.map(\.words).joined(separator: " "))" ;;
      \(cases.joined())  esac
        case $verb:$word in
          *:-*) ;;
          \(verbsOnContainers)) words="$words $(swrun list --quiet 2>/dev/null)" ;;
        esac
        COMPREPLY=($(compgen -W "$words" -- "$word"))
      }
      complete -o default -F _swrun swrun

      """
  }

  private static var zsh: String {
    let verbs = OptionTable.verbs.map { "    '\($0.name):\($0.help.zshQuoted)'\n" }
    let cases = OptionTable.verbs.map { verb in
      let options = verb.options.map { "'\($0.zshForm)' " }.joined()
      return "    \(verb.name)) _arguments \(options)'*:argument:_default' ;;\n"
    }
    let globals = OptionTable.globals.map { "'\($0.zshForm)' " }.joined()
    return """
      #compdef swrun
      _swrun() {
        local -a verbs
        local context state line
        verbs=(
      \(verbs.joined())  )
        _arguments -C \(globals)'1:command:->verb' '*::argument:->rest'
        case $state in
        verb) _describe command verbs ;;
        rest)
          case $line[1] in
      \(cases.joined())    esac ;;
        esac
      }
      _swrun "$@"

      """
  }

  private static var fish: String {
    let unset = "not __fish_seen_subcommand_from \(verbNames)"
    let globals = OptionTable.globals.map { "complete -c swrun -n '\(unset)' \($0.fishForm)\n" }
    let verbs = OptionTable.verbs.flatMap { verb in
      ["complete -c swrun -f -n '\(unset)' -a \(verb.name) -d '\(verb.help.fishQuoted)'\n"]
        + verb.options.map {
          "complete -c swrun -n '__fish_seen_subcommand_from \(verb.name)' \($0.fishForm)\n"
        }
    }
    return "# fish completion for swrun\n" + (globals + verbs).joined()
  }
}

extension Option {
  fileprivate var tableForm: String {
    "--\(long)" + (value.map { "=\($0)" } ?? "") + (short.map { "\t-\($0)" } ?? "")
  }

  fileprivate var words: String {
    "--\(long)" + (short.map { " -\($0)" } ?? "")
  }

  fileprivate var zshForm: String {
    let choice = choices.isEmpty ? "_files" : "(\(choices.joined(separator: " ")))"
    let tail = value.map { ":\($0):\(choice)" } ?? ""
    return "--\(long)\(value == nil ? "" : "=")[\(help.zshQuoted)]\(tail)"
  }

  fileprivate var fishForm: String {
    let letter = short.map { " -s \($0)" } ?? ""
    let argument = value == nil ? "" : " -r"
    let words = choices.isEmpty ? "" : " -f -a '\(choices.joined(separator: " "))'"
    return "-l \(long)\(letter)\(argument)\(words) -d '\(help.fishQuoted)'"
  }
}

extension String {
  fileprivate var zshQuoted: String {
    String(flatMap { "[]:".contains($0) ? "\\\($0)" : $0 == "'" ? "'\\''" : String($0) })
  }

  fileprivate var fishQuoted: String {
    String(flatMap { $0 == "'" || $0 == "\\" ? "\\\($0)" : String($0) })
  }
}
