import Testing

@testable import ImageSpec

@Suite struct JSONTests {
  @Test(arguments: [
    #"{"a":[1,-0.5e+10,true,false,null,"é\n\"\\"],"b":{}}"#, "[]", #""x""#,
    "18446744073709551616",
  ])
  func `a document survives reading and writing`(text: String) throws {
    #expect(try JSONValue(parsing: Array(text.utf8)).compactText == text)
  }

  @Test func `escapes mean what RFC 8259 says`() throws {
    let value = try JSONValue(parsing: Array(#""\u0041\ud83d\ude00\/\b\f\t""#.utf8))
    #expect(value == .string("A\u{1F600}/\u{8}\u{C}\t"))
  }

  @Test(arguments: [
    ("", 1), ("{", 1), ("[1,]", 1), ("{\"a\":1,}", 1), ("[1 2]", 1), ("01", 1), ("1.", 1),
    ("-", 1), ("+1", 1), (".5", 1), ("1e", 1), ("nul", 1), ("'a'", 1), ("[1]x", 1), ("\"a", 1),
    ("\"\t\"", 1), (#""\x""#, 1), (#""\ud800""#, 1), (#""\udc00""#, 1), (#""\ud800\u0041""#, 1),
    (#""\u+123""#, 1), ("{\"a\":1,\n\"a\":2}", 2), ("{\n\n1:2}", 3), ("\u{FEFF}[]", 1),
    ("NaN", 1), ("{\"a\" 1}", 1), ("// x\n1", 1),
  ])
  func `a broken document is refused with its line`(text: String, line: Int) {
    let error = #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: Array(text.utf8)) }
    #expect(error?.line == line)
  }

  @Test func `bytes that are not UTF-8 are refused`() {
    #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: [0x22, 0xFF, 0x22]) }
    #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: [0x22, 0xC0, 0xAF, 0x22]) }
  }

  @Test func `nesting is capped`() throws {
    let deep = String(repeating: "[", count: 100_000)
    #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: Array(deep.utf8)) }
    let allowed = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
    _ = try JSONValue(parsing: Array(allowed.utf8))
  }

  @Test func `control characters are written as escapes`() {
    #expect(JSONValue.string("\u{1}\u{7F}\r").compactText == #""\u0001\u007f\r""#)
    // What a terminal obeys, or turns text around by, though JSON would have it.
    #expect(
      JSONValue.string("\u{9B}\u{202E}\u{2066}é").compactText == #""\u009b\u202e\u2066é""#
    )
  }
}
