/// Where a text stops being JSON, and what would have been right there.
package struct JSONError: Error, Equatable, Sendable {
  /// Counted from 1.
  package var line: Int
  /// Counted from 1, in bytes.
  package var column: Int
  /// The JSON pointer (RFC 6901) of the value that was being read; empty for the whole text.
  package var pointer: String
  /// What was expected, and what was found when that helps.
  package var expectation: String

  package init(line: Int, column: Int, pointer: String, expectation: String) {
    self.line = line
    self.column = column
    self.pointer = pointer
    self.expectation = expectation
  }
}

extension JSONError: CustomStringConvertible {
  /// One line, as `line 3, column 7: /process/args: expected ',' or ']'`.
  package var description: String {
    let subject = pointer.isEmpty ? "" : "\(pointer): "
    return "line \(line), column \(column): \(subject)\(expectation)"
  }
}
