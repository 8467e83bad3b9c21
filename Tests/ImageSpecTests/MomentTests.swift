import Testing

@testable import ImageSpec

@Suite struct MomentTests {
  @Test(
    arguments: [
      ("1970-01-01T00:00:00Z", 0, "1970-01-01 00:00:00"),
      ("2026-11-21T13:00:00.5+01:00", 1_795_262_400, "2026-11-21 12:00:00"),
      ("2000-02-29t23:59:59z", 951_868_799, "2000-02-29 23:59:59"),
      ("1969-12-31T23:59:59Z", -1, "1969-12-31 23:59:59"),
      ("0001-01-01T00:00:00Z", -62_135_596_800, "0001-01-01 00:00:00"),
      ("2024-03-01T00:00:00-00:30", 1_709_253_000, "2024-03-01 00:30:00"),
    ] as [(String, Int64, String)]
  )
  func `a moment is read and shown`(text: String, seconds: Int64, shown: String) {
    let moment = Moment(parsing: text)
    #expect(moment?.seconds == seconds)
    #expect(moment?.description == shown)
  }

  @Test(arguments: [
    "", "2026", "2026-13-01T00:00:00Z", "2025-02-29T00:00:00Z", "2026-01-01T24:00:00Z",
    "2026-01-01T00:00:00", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00Zx", "2026-01-01 00:00Z",
    "2026-01-01T00:00:00+1:00",
  ])
  func `what is no moment is none`(text: String) {
    #expect(Moment(parsing: text) == nil)
  }

  @Test func `moments are ordered to the nanosecond`() throws {
    let early = try #require(Moment(parsing: "2026-01-01T00:00:00.000000001Z"))
    let late = try #require(Moment(parsing: "2026-01-01T00:00:00.1Z"))
    #expect(early < late)
    #expect(late.nanoseconds == 100_000_000)
  }
}
