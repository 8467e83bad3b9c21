import Foundation
import JSON
import Testing

/// One row of Fixtures/corpus.tsv, which Python's json module has judged.
struct CorpusRow: CustomTestStringConvertible, Sendable {
  var label: String
  var text: [UInt8]
  /// The dump, or nil where the text must be refused.
  var dump: String?

  var testDescription: String { "\(label): \(String(decoding: text.prefix(60), as: UTF8.self))" }

  static func all() throws -> [CorpusRow] {
    let url = try #require(
      Bundle.module.url(forResource: "corpus", withExtension: "tsv", subdirectory: "Fixtures")
    )
    return try String(contentsOf: url, encoding: .utf8).split(separator: "\n").map { line in
      let columns = line.split(separator: "\t", omittingEmptySubsequences: false)
      try #require(columns.count == 3)
      return CorpusRow(
        label: String(columns[0]),
        text: try bytes(hexadecimal: columns[1]),
        dump: columns[2] == "-" ? nil : String(columns[2]),
      )
    }
  }

  private static func bytes(hexadecimal digits: Substring) throws -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = digits
    while !rest.isEmpty {
      bytes.append(try #require(UInt8(rest.prefix(2), radix: 16)))
      rest = rest.dropFirst(2)
    }
    return bytes
  }
}

struct CorpusTests {
  @Test("Every text is read as Python's json reads it, and refused where it refuses")
  func corpus() throws {
    let rows = try CorpusRow.all()
    #expect(rows.count > 300)
    for row in rows {
      let found: String?
      do {
        found = dump(try JSONDocument(parsing: row.text).root)
      } catch {
        found = nil
        let lines = row.text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        #expect((1...lines.count).contains(error.line), "\(row.testDescription): \(error)")
        #expect((1...lines[error.line - 1].count + 1).contains(error.column))
      }
      #expect(found == row.dump, "\(row.testDescription)")
    }
  }

  @Test("What is read, written and read again is the same")
  func roundTrip() throws {
    for row in try CorpusRow.all() where row.dump != nil {
      let value = value(try JSONDocument(parsing: row.text).root)
      for layout in [JSONValue.Layout.compact, .indented(2), .indented(4)] {
        let again = try JSONDocument(parsing: value.text(layout))
        #expect(self.value(again.root) == value, "\(row.testDescription)")
      }
    }
  }

  /// The node as a value to write; numbers that no 64 bits hold become text.
  private func value(_ node: JSONNode) -> JSONValue {
    switch node.kind {
    case .null: .null
    case .boolean: .boolean(node.boolean == true)
    case .integer, .decimal:
      if let number = node.integer(as: Int64.self) {
        .integer(number)
      } else if let number = node.integer(as: UInt64.self) {
        .unsigned(number)
      } else {
        .string(String(decoding: node.sourceText, as: UTF8.self))
      }
    case .string: .string(node.string ?? "")
    case .array: .array(node.elements.map(value))
    case .object: .object(node.members.map { .init($0.key, value($0.value)) })
    }
  }
}
