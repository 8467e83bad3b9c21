extension JSONValue {
  /// The document as text on one line, without a final newline.
  package var compactText: String {
    var writer = JSONWriter(indentation: nil)
    writer.write(self, depth: 0)
    return writer.text
  }

  /// The document as text for people: two spaces a level, with a final newline.
  package var indentedText: String {
    var writer = JSONWriter(indentation: "  ")
    writer.write(self, depth: 0)
    return writer.text + "\n"
  }
}

private struct JSONWriter {
  let indentation: String?
  var text = ""

  mutating func write(_ value: JSONValue, depth: Int) {
    switch value {
    case .null: text += "null"
    case .bool(let bool): text += bool ? "true" : "false"
    case .number(let digits): text += digits
    case .string(let string): writeString(string)
    case .array(let elements):
      writeList(opening: "[", closing: "]", elements, depth: depth) { writer, element in
        writer.write(element, depth: depth + 1)
      }
    case .object(let object):
      writeList(opening: "{", closing: "}", object.members, depth: depth) { writer, member in
        writer.writeString(member.key)
        writer.text += writer.indentation == nil ? ":" : ": "
        writer.write(member.value, depth: depth + 1)
      }
    }
  }

  mutating func writeList<Element>(
    opening: String,
    closing: String,
    _ elements: [Element],
    depth: Int,
    writeElement: (inout JSONWriter, Element) -> Void,
  ) {
    text += opening
    for (index, element) in elements.enumerated() {
      if index > 0 { text += "," }
      startLine(depth: depth + 1)
      writeElement(&self, element)
    }
    if !elements.isEmpty { startLine(depth: depth) }
    text += closing
  }

  mutating func startLine(depth: Int) {
    guard let indentation else { return }
    text += "\n" + String(repeating: indentation, count: depth)
  }

  mutating func writeString(_ string: String) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\t": text += "\\t"
      case "\r": text += "\\r"
      // Beyond what JSON wants: a terminal obeys U+009B too, and direction marks turn text around.
      case "\u{0}"..<" ", "\u{7F}"..."\u{9F}", "\u{200E}"..."\u{200F}", "\u{2028}"..."\u{202E}",
        "\u{2066}"..."\u{2069}":
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}
