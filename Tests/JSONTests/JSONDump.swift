import JSON

/// The canonical dump that Fixtures/judge.py describes.
func dump(_ node: JSONNode) -> String {
  switch node.kind {
  case .null: "n"
  case .boolean: node.boolean == true ? "t" : "f"
  case .integer: "i" + String(decoding: node.sourceText, as: UTF8.self)
  case .decimal: "d" + String(decoding: node.sourceText, as: UTF8.self)
  case .string: dump(node.string ?? "")
  case .array: "[" + node.elements.map(dump).joined(separator: ",") + "]"
  case .object:
    "{" + node.members.map { "\(dump($0.key)):\(dump($0.value))" }.joined(separator: ",") + "}"
  }
}

private func dump(_ text: String) -> String {
  text.utf8.reduce(into: "s") { dump, byte in
    dump += (byte < 0x10 ? "0" : "") + String(byte, radix: 16)
  }
}
