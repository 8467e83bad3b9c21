import ArgumentParser
import ImageSpec

/// What a verb prints of each thing it found, as docker's users write it.
///
/// Text with fields in it: `{{.Name}}`, `{{.Config.User}}`, `{{json .Labels}}`, `{{json .}}`; `\t` and
/// `\n` stand for a tab and a new line. A field's name need not have its capitals.
struct Template: Equatable {
  private enum Part: Equatable {
    case text(String)
    case field([String], isJSON: Bool)
  }

  private var parts: [Part] = []

  /// - Throws: when a field is written in a way that isn't understood.
  init(parsing text: String) throws {
    var rest = text[...]
    while let start = rest.firstRange(of: "{{") {
      append(text: rest[..<start.lowerBound])
      rest = rest[start.upperBound...]
      guard let end = rest.firstRange(of: "}}") else {
        throw ValidationError("--format \"\(text)\": }} is missing")
      }
      parts.append(try Template.field(rest[..<end.lowerBound], in: text))
      rest = rest[end.upperBound...]
    }
    append(text: rest)
  }

  private mutating func append(text: Substring) {
    guard !text.isEmpty else { return }
    parts.append(
      .text(String(text).replacing("\\t", with: "\t").replacing("\\n", with: "\n"))
    )
  }

  private static func field(_ text: Substring, in whole: String) throws -> Part {
    var words = text.split(whereSeparator: \.isWhitespace)
    let isJSON = words.first == "json"
    if isJSON { words.removeFirst() }
    guard words.count == 1, words[0].first == "." else {
      throw ValidationError("--format \"\(whole)\": {{.Field}} or {{json .Field}} is expected")
    }
    let path = words[0].split(separator: ".", omittingEmptySubsequences: true).map(String.init)
    return .field(path, isJSON: isJSON)
  }

  /// The text for one thing.
  /// - Throws: when a field is not there.
  func text(for document: JSONValue) throws(CommandFailure) -> String {
    var result = ""
    for part in parts {
      switch part {
      case .text(let text): result += text
      case .field(let path, let isJSON):
        let value = try value(at: path, in: document)
        result += isJSON ? value.compactText : value.plainText
      }
    }
    return result
  }

  private func value(
    at path: [String],
    in document: JSONValue,
  ) throws(CommandFailure) -> JSONValue {
    var value = document
    for key in path {
      guard case .object(let object) = value else {
        // Beyond a value that was left out there is nothing either.
        if value == .null { return .null }
        throw failure(path, problem: "\(value.kind) has no fields")
      }
      let member =
        object[key] ?? object.members.first { $0.key.lowercased() == key.lowercased() }?.value
      guard let member else {
        let known = object.members.map { safe($0.key) }.joined(separator: ", ")
        throw failure(path, problem: "there is " + (known.isEmpty ? "nothing" : known))
      }
      value = member
    }
    return value
  }

  private func failure(_ path: [String], problem: String) -> CommandFailure {
    CommandFailure("--format {{.\(path.joined(separator: "."))}}", "no such field: \(problem)")
  }
}

extension JSONValue {
  /// A value as text: strings as they are, made fit for a terminal, nothing for null.
  fileprivate var plainText: String {
    switch self {
    case .null: ""
    case .string(let text): safe(text)
    case .bool, .number, .array, .object: compactText
    }
  }
}

/// How a verb prints what it found: in a form of its own, as JSON, or by a template.
enum OutputFormat: ExpressibleByArgument, Equatable {
  case table
  case json
  case template(Template)

  init?(argument: String) {
    switch argument {
    case "table", "text": self = .table
    case "json": self = .json
    default:
      do {
        guard argument.contains("{{") else { return nil }
        self = .template(try Template(parsing: argument))
      } catch {
        return nil
      }
    }
  }

  static var allValueStrings: [String] { ["table", "json"] }
}

extension Presentation {
  /// Prints each of several things as a format wants it.
  ///
  /// - Parameters:
  ///   - documents: the things, with all their fields.
  ///   - format: table, JSON or template.
  ///   - header: the titles of the table's columns.
  ///   - rows: the table's lines.
  /// - Throws: when a template asks for a field that is not there.
  static func write(
    _ documents: [JSONValue],
    as format: OutputFormat,
    header: [String],
    rows: [[String]],
  ) throws(CommandFailure) {
    switch format {
    case .json: write(JSONValue.array(documents).indentedText)
    case .table: write(table([header] + rows))
    case .template(let template):
      for document in documents { write(try template.text(for: document) + "\n") }
    }
  }
}
