import Testing

@testable import SwrunCLI

@Suite struct DurationTests {
  static let durations: [(text: String, value: Int64)] = [
    ("5s", 5_000_000_000), ("300ms", 300_000_000), ("1.5h", 5_400_000_000_000),
    ("1m30s", 90_000_000_000), ("1h15m30.918s", 4_530_918_000_000), ("0", 0), ("2us", 2000),
    ("2\u{B5}s", 2000), ("2\u{3BC}s", 2000), ("7ns", 7), (".5s", 500_000_000),
    ("1.s", 1_000_000_000), ("-1s", -1_000_000_000), ("+1s", 1_000_000_000), ("0.000000001s", 1),
    ("9223372036854775807ns", .max),
  ]

  @Test("durations as Go writes them", arguments: durations)
  func reads(text: String, value: Int64) {
    #expect(nanoseconds(ofDuration: text) == value)
  }

  static let others = [
    "", "5", "s", ".s", "5 s", "5sec", "-", "5s5", "1e3s", "9223372036854775808ns", "300000000h",
    "\u{663}s",
  ]

  @Test("what is no duration", arguments: others)
  func refuses(text: String) {
    #expect(nanoseconds(ofDuration: text) == nil)
  }
}
