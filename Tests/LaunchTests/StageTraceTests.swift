import Testing

@testable import Launch

/// What init says with --debug.
@Suite struct StageTraceTests {
  @Test func survivesTheChannel() throws {
    for step in InitStep.allCases {
      let message = InitMessage.entered(step, seconds: 1_800_000_000, nanoseconds: 999_999_999)
      #expect(try InitMessage(frame: message.frame) == message)
    }
  }

  @Test func refusesWhatIsCutShort() {
    let frame = InitMessage.entered(.report, seconds: 1, nanoseconds: 2).frame
    for count in 1..<frame.count {
      #expect(throws: HandshakeError.self) { try InitMessage(frame: Array(frame[..<count])) }
    }
  }

  @Test func notesNothingElse() {
    #expect(!StageTrace.notes(.prepared, nil, of: "init"))
    #expect(StageTrace.notes(.entered(now: .report), nil, of: "init"))
  }
}
