import JSON
import Lifecycle

/// `swrun list`.
func list(
  _ arguments: Arguments,
  _ presentation: Presentation,
  on host: borrowing Host,
) throws(RuntimeError) {
  let documents = try states(on: host)
  if arguments.has("quiet") {
    try presentation.show(documents.map { "\($0.text(of: "id"))\n" }.joined())
  } else if arguments.options["format"] == "json" {
    // `null` for none is what runc prints, and go-runc reads.
    try presentation.show(documents.isEmpty ? .null : .array(documents), .compact)
  } else {
    try presentation.show(table(documents))
  }
}

private func table(_ documents: [JSONValue]) -> String {
  let columns = ["id", "pid", "status", "bundle", "created", "owner"]
  let rows =
    [columns.map { $0.uppercased() }]
    + documents.map { document in
      columns.map { document.text(of: $0) }
    }
  let widths = columns.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
  return rows.map { row in
    let cells = zip(row, widths).map { cell, width in
      cell + String(repeating: " ", count: width - cell.count)
    }
    return cells.joined(separator: "   ").trimmingEnd() + "\n"
  }.joined()
}

extension JSONValue {
  /// A member as a table shows it; nothing where there is none.
  fileprivate func text(of key: String) -> String {
    guard case .object(let members) = self,
      let value = members.first(where: { $0.key == key })?.value
    else { return "" }
    return switch value {
    case .string(let text): text
    case .integer(let number): "\(number)"
    default: ""
    }
  }
}

extension String {
  fileprivate func trimmingEnd() -> String {
    String(reversed().drop { $0 == " " }.reversed())
  }
}
