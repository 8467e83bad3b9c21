import JSON
import Lifecycle
import State

/// The containers' lines as a table for people.
struct UsageTable: Sendable {
  /// Ids are on the left, and numbers on the right of their columns.
  private static let heads = [
    "ID", "STATUS", "CPU%", "MEMORY", "LIMIT", "READ/s", "WRITE/s", "PIDS", "PRESSURE: CPU",
    "MEM", "IO",
  ]
  private static let leftAligned = 2

  /// The lines, the head first, without trailing space.
  static func lines(_ rows: [UsageRow]) -> [String] {
    let cells = [heads] + rows.map(\.cells)
    let widths = heads.indices.map { column in cells.map { $0[column].utf8.count }.max() ?? 0 }
    return cells.map { line in
      let padded = line.indices.map { column in
        let space = String(repeating: " ", count: widths[column] - line[column].utf8.count)
        return column < leftAligned ? line[column] + space : space + line[column]
      }
      return padded.joined(separator: "  ")
    }
  }
}

extension UsageRow {
  fileprivate var cells: [String] {
    [
      usage.id.description,
      usage.status.rawValue,
      cpu.map(oneDecimal) ?? "-",
      usage.memory.map(shortBytes) ?? "-",
      usage.memoryLimit.map(shortBytes) ?? "-",
      readRate.map(shortBytes) ?? "-",
      writeRate.map(shortBytes) ?? "-",
      "\(usage.processes)" + (usage.processLimit.map { "/\($0)" } ?? ""),
      usage.cpuPressure.map(oneDecimal) ?? "-",
      usage.memoryPressure.map(oneDecimal) ?? "-",
      usage.ioPressure.map(oneDecimal) ?? "-",
    ]
  }

  /// The line as a JSON object, in bytes, per cent and bytes a second; what is not known is left out.
  var document: JSONValue {
    .object(present: [
      ("id", .string(usage.id.description)),
      ("status", .string(usage.status.rawValue)),
      ("pid", .integer(Int64(usage.pid))),
      ("cpuPercent", cpu.map { .hundredths($0) }),
      ("memory", usage.memory.map { .unsigned($0) }),
      ("memoryLimit", usage.memoryLimit.map { .unsigned($0) }),
      ("readRate", readRate.map { .unsigned($0) }),
      ("writeRate", writeRate.map { .unsigned($0) }),
      ("pids", .unsigned(usage.processes)),
      ("pidsLimit", usage.processLimit.map { .unsigned($0) }),
      ("cpuPressure", usage.cpuPressure.map { .hundredths($0) }),
      ("memoryPressure", usage.memoryPressure.map { .hundredths($0) }),
      ("ioPressure", usage.ioPressure.map { .hundredths($0) }),
    ])
  }
}

/// Hundredths as a number with one decimal, rounded down.
func oneDecimal(_ hundredths: UInt64) -> String {
  "\(hundredths / 100).\(hundredths % 100 / 10)"
}

/// Bytes in at most five characters: 0, 1023, 1.5K, 200M, 7.9G.
func shortBytes(_ bytes: UInt64) -> String {
  var (value, rest) = (bytes, UInt64(0))
  for unit in ["", "K", "M", "G", "T", "P", "E"] {
    guard value >= 1024 else {
      return value < 10 && !unit.isEmpty ? "\(value).\(rest * 10 / 1024)\(unit)" : "\(value)\(unit)"
    }
    (value, rest) = (value / 1024, value % 1024)
  }
  return "\(value)E"
}
