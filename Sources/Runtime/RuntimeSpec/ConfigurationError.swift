internal import JSON

/// One thing in config.json that breaks the specification or cannot be done, and where it stands.
package struct ConfigurationError: Error, Equatable, Sendable {
  /// The JSON pointer (RFC 6901) of the value at fault; empty for the whole document.
  package var pointer: String
  /// The line of the value at fault, from 1; nil when the value is absent from the document.
  package var line: Int?
  /// What is expected and what was found instead, or what to change.
  package var rule: String
  /// The place in the specification that says so, as `config.md, "Process"`.
  package var clause: String

  package init(pointer: String, line: Int? = nil, rule: String, clause: String) {
    self.pointer = pointer
    self.line = line
    self.rule = rule
    self.clause = clause
  }
}

extension ConfigurationError: CustomStringConvertible {
  /// One line: where, then what is wrong, then the clause.
  package var description: String {
    let place = line.map { "line \($0): " } ?? ""
    let subject = pointer.isEmpty ? "" : "\(pointer): "
    return "\(place)\(subject)\(rule) (\(clause))"
  }
}

extension ConfigurationError {
  /// The error that the document is no JSON.
  init(_ error: JSONError) {
    self.init(
      pointer: error.pointer,
      line: error.line,
      rule: "\(error.expectation) in column \(error.column)",
      clause: "RFC 8259",
    )
  }
}

extension ConfigurationError {
  /// The same error with the line of the value that it names, or of the nearest one around it.
  func located(in document: JSONDocument) -> ConfigurationError {
    guard line == nil else { return self }
    var located = self
    var place: String? = pointer
    while let step = place, located.line == nil {
      located.line = document.node(at: step)?.line
      place = JSONPointer.parent(of: step)
    }
    return located
  }
}
