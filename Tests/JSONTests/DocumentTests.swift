import JSON
import Testing

private func parse(_ text: String) throws -> JSONDocument {
  try JSONDocument(parsing: Array(text.utf8))
}

struct ErrorTests {
  /// A broken text, and where and how the error names the break.
  struct Row: CustomTestStringConvertible, Sendable {
    var label: String
    var text: String
    var error: String

    var testDescription: String { label }

    init(_ label: String, _ text: String, _ error: String) {
      self.label = label
      self.text = text
      self.error = error
    }
  }

  static let rows = [
    Row("nothing", "", "line 1, column 1: expected a value, found the end of the document"),
    Row("word", #"{"a": tru}"#, "line 1, column 7: /a: expected 'true'"),
    Row("no value", #"{"a": }"#, "line 1, column 7: /a: expected a value, found '}'"),
    Row("no colon", #"{"a" 1}"#, "line 1, column 6: /a: expected ':' after the key, found '1'"),
    Row(
      "unquoted key",
      "{\n  a: 1}",
      "line 2, column 3: expected a key in double quotes, found 'a'"
    ),
    Row(
      "trailing comma in an object",
      #"{"x": {"a": 1,}}"#,
      "line 1, column 15: /x: expected a key in double quotes, found '}'"
    ),
    Row(
      "trailing comma in an array",
      #"{"x": [1, 2,]}"#,
      "line 1, column 13: /x/2: expected a value, found ']'"
    ),
    Row(
      "missing comma",
      "{\"process\": {\"args\": [\n\"a\"\n\"b\"]}}",
      "line 3, column 1: /process/args: expected ',' or ']', found '\"'"
    ),
    Row(
      "open object",
      #"{"a": 1"#,
      "line 1, column 8: expected ',' or '}', found the end of the document"
    ),
    Row("garbage", "{}\n x", "line 2, column 2: expected the end of the document, found 'x'"),
    Row(
      "leading zero",
      "[1, 012]",
      "line 1, column 6: /1: expected a number without leading zeros"
    ),
    Row("no digit", "[-]", "line 1, column 3: /0: expected a digit, found ']'"),
    Row(
      "raw tab",
      "\"a\tb\"",
      "line 1, column 3: expected control characters as \\u escapes, found byte 0x09"
    ),
    Row(
      "lone surrogate",
      #"["\ud800"]"#,
      "line 1, column 3: /0: expected a high and then a low surrogate, found one alone"
    ),
    Row(
      "escape",
      #"["a\x"]"#,
      "line 1, column 4: /0: expected one of \"\\/bfnrtu after the backslash"
    ),
    Row(
      "pointer with escapes",
      #"{"a/b": {"c~d": [0, {"e": x}]}}"#,
      "line 1, column 27: /a~1b/c~0d/1/e: expected a value, found 'x'"
    ),
    Row(
      "open string",
      #"{"a": "b}"#,
      "line 1, column 10: /a: expected '\"' to end the string, found the end of the document"
    ),
  ]

  @Test("An error names line, column, pointer and what was expected", arguments: rows)
  func error(_ row: Row) {
    #expect {
      _ = try parse(row.text)
    } throws: { error in
      "\(error)" == row.error
    }
  }

  @Test("A text above the limit of size is refused before it is read")
  func size() {
    let text = [UInt8](repeating: UInt8(ascii: " "), count: JSONDocument.maximumSize + 1)
    #expect {
      _ = try JSONDocument(parsing: text)
    } throws: { error in
      "\(error)".contains("expected at most 67108864 bytes, found 67108865")
    }
  }
}

struct NodeTests {
  @Test("Integers are exact to the last of 64 bits and nil beyond the type")
  func integers() throws {
    let list = try parse(
      "[18446744073709551615, 18446744073709551616, -9223372036854775808, -9223372036854775809,"
        + " -0, 255, 256, -1, 1.0, 1e2, \"7\"]"
    ).root.elements
    #expect(
      list.map { $0.integer(as: UInt64.self) }
        == [.max, nil, nil, nil, 0, 255, 256, nil, nil, nil, nil]
    )
    #expect(
      list.map { $0.integer(as: Int64.self) }
        == [nil, nil, .min, nil, 0, 255, 256, -1, nil, nil, nil]
    )
    #expect(
      list.map { $0.integer(as: UInt8.self) }
        == [nil, nil, nil, nil, 0, 255, nil, nil, nil, nil, nil]
    )
  }

  @Test("Of a key that stands twice the last counts, and the first is reported")
  func duplicateKeys() throws {
    let document = try parse(#"{"a": {"b": 1, "\u0062": 2}, "c": 3, "a": {"b": 4, "b": 5}}"#)
    #expect(document.root["a"]?["b"]?.integer(as: Int.self) == 5)
    #expect(document.node(at: "/a/b")?.integer(as: Int.self) == 5)
    #expect(try parse(#"{"\u0063\/": 1}"#).root["c/"]?.integer(as: Int.self) == 1)
    let shadowed = document.shadowedMembers
    #expect(
      shadowed.map { String(decoding: $0.sourceText, as: UTF8.self) }.sorted() == [
        "1", "4", #"{"b": 1, "\u0062": 2}"#,
      ]
    )
  }

  @Test("Keys are compared by bytes: é composed and decomposed are two keys")
  func canonicalEquivalence() throws {
    let document = try parse("{\"\u{E9}\": 1, \"e\u{301}\": 2}")
    #expect(document.root["\u{E9}"]?.integer(as: Int.self) == 1)
    #expect(document.root["e\u{301}"]?.integer(as: Int.self) == 2)
    #expect(document.shadowedMembers.isEmpty)
  }

  @Test("Every node finds its pointer, its line and column, and its own text")
  func positions() throws {
    let text = "{\n  \"a/b\": [10,\n    {\"~1\": \"x\"}],\n  \"\": null, \"n\": {}\n}"
    let document = try parse(text)
    let rows: [(pointer: String, line: Int, column: Int, text: String)] = [
      ("/a~1b", 2, 10, "[10,\n    {\"~1\": \"x\"}]"), ("/a~1b/0", 2, 11, "10"),
      ("/a~1b/1", 3, 5, "{\"~1\": \"x\"}"), ("/a~1b/1/~01", 3, 12, "\"x\""), ("/", 4, 7, "null"),
      ("/n", 4, 18, "{}"), ("", 1, 1, text),
    ]
    for row in rows {
      let node = try #require(document.node(at: row.pointer), "\(row.pointer)")
      #expect(node.pointer == row.pointer)
      #expect((node.line, node.column) == (row.line, row.column), "\(row.pointer)")
      #expect(String(decoding: node.sourceText, as: UTF8.self) == row.text)
      #expect(Array(document.bytes[node.sourceRange]) == Array(row.text.utf8))
    }
    for missing in ["x", "/x", "/a~1b/2", "/a~1b/-1", "/a~1b/0/0", "/a/b", "/n/n"] {
      #expect(document.node(at: missing) == nil, "\(missing)")
    }
  }

  @Test("A key that begins with a combining mark is found by its pointer")
  func combiningMark() throws {
    let document = try parse("{\"a\": {\"\u{0A01}b~\u{301}\": {\"\u{301}\": 1}}}")
    let node = try #require(document.root["a"]?["\u{0A01}b~\u{301}"]?["\u{301}"])
    #expect(Array(node.pointer.utf8) == Array("/a/\u{0A01}b~0\u{301}/\u{301}".utf8))
    #expect(document.node(at: node.pointer) == node)
    #expect(JSONPointer.parent(of: node.pointer) == "/a/\u{0A01}b~0\u{301}")
    #expect(JSONPointer.parent(of: "") == nil)
  }

  @Test("A value answers for its own type only")
  func types() throws {
    let root = try parse(#"{"s": "1", "i": 1, "b": true, "z": null, "a": ["x"], "o": {"k": 1}}"#)
      .root
    #expect(root["s"]?.string == "1")
    #expect(root["i"]?.string == nil)
    #expect(root["b"]?.boolean == true)
    #expect(root["s"]?.boolean == nil)
    #expect(root["z"]?.kind == .null)
    #expect(root["a"].map { Array($0.elements).count } == 1)
    #expect(root["o"].map { Array($0.elements).count } == 0)
    #expect(root["o"].map { Array($0.members).map(\.key) } == ["k"])
    #expect(root["a"].map { Array($0.members).count } == 0)
    #expect(root["a"]?["x"] == nil)
  }
}

struct WriterTests {
  private static let value: JSONValue = [
    "id": "a\"\\\n\u{1}\u{1F} \u{7F}é", "pid": -1, "big": .unsigned(.max), "none": .null,
    "list": [true, [], [1]], "empty": .object([]),
  ]

  @Test("Compact text has no space")
  func compact() {
    let text = String(decoding: Self.value.text(.compact), as: UTF8.self)
    #expect(
      text
        == #"{"id":"a\"\\\n\u0001\u001f \u007fé","pid":-1,"big":18446744073709551615,"none":null,"#
        + #""list":[true,[],[1]],"empty":{}}"#
    )
  }

  @Test("Indented text has a line a value and keeps empty brackets together")
  func indented() {
    let value: JSONValue = ["a": [1, []], "b": .object([])]
    #expect(
      String(decoding: value.text(.indented(2)), as: UTF8.self) == """
        {
          "a": [
            1,
            []
          ],
          "b": {}
        }
        """
    )
    #expect(String(decoding: value.text(.indented(4)), as: UTF8.self).contains("\n        1,\n"))
  }

  @Test(
    "Hundredths have no zero at the end",
    arguments: [
      (UInt64(0), "0"), (7, "0.07"), (50, "0.5"), (1234, "12.34"), (1200, "12"),
      (.max, "184467440737095516.15"),
    ]
  )
  func hundredths(value: UInt64, text: String) {
    #expect(String(decoding: JSONValue.hundredths(value).text(.compact), as: UTF8.self) == text)
  }

  @Test("Members without a value are left out")
  func absentMembers() {
    let value = JSONValue.object(present: [("a", nil), ("b", .null), ("c", 1)])
    #expect(value == ["b": .null, "c": 1])
  }
}
