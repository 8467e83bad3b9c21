// The entry point of libFuzzer: whatever is read must survive being walked, written and read again.

import JSON

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>, _ size: Int) -> CInt {
  let text = Array(UnsafeBufferPointer(start: start, count: size))
  do {
    let document = try JSONDocument(parsing: text)
    check(document.root, in: document)
    _ = document.shadowedMembers
    for layout in [JSONValue.Layout.compact, .indented(2)] {
      do {
        let again = try JSONDocument(parsing: value(document.root).text(layout))
        precondition(value(again.root) == value(document.root), "the round trip changed a value")
      } catch {
        preconditionFailure("what was written is refused: \(error)")
      }
    }
  } catch {
    precondition(error.line >= 1 && error.column >= 1 && !error.description.isEmpty)
  }
  return 0
}

/// Every node lies within the text, and its pointer leads back to it unless a later key shadows it.
private func check(_ node: JSONNode, in document: JSONDocument) {
  precondition(!node.sourceRange.isEmpty && node.line >= 1 && node.column >= 1)
  if document.bytes.count < 256 {
    let found = document.node(at: node.pointer)
    precondition(found == node || !document.shadowedMembers.isEmpty, "a pointer leads elsewhere")
  }
  _ = (node.integer(as: Int64.self), node.integer(as: UInt16.self), node.boolean)
  for element in node.elements { check(element, in: document) }
  for (_, value) in node.members { check(value, in: document) }
}

private func value(_ node: JSONNode) -> JSONValue {
  switch node.kind {
  case .null: .null
  case .boolean: .boolean(node.boolean == true)
  case .integer, .decimal: .string(String(decoding: node.sourceText, as: UTF8.self))
  case .string: .string(node.string ?? "")
  case .array: .array(node.elements.map(value))
  case .object: .object(node.members.map { .init($0.key, value($0.value)) })
  }
}
