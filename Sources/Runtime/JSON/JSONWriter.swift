/// Lays a value out as text.
struct JSONWriter {
  let layout: JSONValue.Layout
  private(set) var output: [UInt8] = []

  init(layout: JSONValue.Layout) {
    self.layout = layout
  }

  mutating func write(_ value: JSONValue, level: Int) {
    switch value {
    case .null: append("null")
    case .boolean(let truth): append(truth ? "true" : "false")
    case .integer(let number): append(String(number))
    case .unsigned(let number): append(String(number))
    case .hundredths(let number): append(shortest(hundredths: number))
    case .string(let text): writeString(text)
    case .array(let elements):
      writeList(elements, "[", "]", level: level) { writer, element in
        writer.write(element, level: level + 1)
      }
    case .object(let members):
      writeList(members, "{", "}", level: level) { writer, member in
        writer.writeString(member.key)
        writer.append(writer.layout == .compact ? ":" : ": ")
        writer.write(member.value, level: level + 1)
      }
    }
  }

  /// Without a zero at the end of its decimals: 1.5, 0.07, 3.
  private func shortest(hundredths number: UInt64) -> String {
    let (whole, rest) = number.quotientAndRemainder(dividingBy: 100)
    if rest == 0 { return "\(whole)" }
    return rest % 10 == 0 ? "\(whole).\(rest / 10)" : "\(whole).\(rest < 10 ? "0" : "")\(rest)"
  }

  private mutating func writeList<Element>(
    _ elements: [Element],
    _ opening: String,
    _ closing: String,
    level: Int,
    each writeElement: (inout JSONWriter, Element) -> Void,
  ) {
    append(opening)
    for (position, element) in elements.enumerated() {
      if position > 0 { append(",") }
      startLine(level: level + 1)
      writeElement(&self, element)
    }
    if !elements.isEmpty { startLine(level: level) }
    append(closing)
  }

  private mutating func startLine(level: Int) {
    guard case .indented(let width) = layout else { return }
    output.append(UInt8(ascii: "\n"))
    output.append(contentsOf: repeatElement(UInt8(ascii: " "), count: level * width))
  }

  private mutating func writeString(_ text: String) {
    output.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): append("\\\"")
      case UInt8(ascii: "\\"): append("\\\\")
      case 0x0A: append("\\n")
      case 0x0D: append("\\r")
      case 0x09: append("\\t")
      // A DEL is allowed as it is, but no friend of terminals.
      case ..<0x20, 0x7F: append(byte < 0x10 ? "\\u000" : "\\u00", String(byte, radix: 16))
      default: output.append(byte)
      }
    }
    output.append(UInt8(ascii: "\""))
  }

  private mutating func append(_ texts: String...) {
    for text in texts { output.append(contentsOf: text.utf8) }
  }
}
