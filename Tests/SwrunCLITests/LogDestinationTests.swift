import Testing

@testable import SwrunCLI

@Suite struct LogDestinationTests {
  @Test(
    arguments: [
      ("/var/log/x", LogDestination.file("/var/log/x")), ("file:/a:b", .file("/a:b")),
      ("/a:b", .file("/a:b")), ("other:x", .file("other:x")), ("journald:pod", .journal("pod")),
      ("journald:", .journal("swrun")), ("syslog:a:b", .syslog("a:b")),
      ("journald", .file("journald")),
    ]
  )
  func isRead(text: String, destination: LogDestination) {
    #expect(LogDestination(text) == destination)
  }

  @Test func aJournalEntryIsAFieldALine() {
    let entry = LogDestination.journalEntry(
      level: .warning,
      identifier: "a\nPRIORITY=0",
      message: "no such file"
    )
    #expect(
      String(decoding: entry, as: UTF8.self)
        == "PRIORITY=4\nSYSLOG_IDENTIFIER=a PRIORITY=0\nMESSAGE=no such file\n"
    )
  }

  @Test func aSyslogEntryHasFacilityAndTime() {
    let entry = LogDestination.syslogEntry(
      level: .error,
      identifier: "pod",
      time: "Nov 21 08:05:00",
      pid: 12,
      message: "no such file"
    )
    #expect(
      String(decoding: entry, as: UTF8.self) == "<11>Nov 21 08:05:00 pod[12]: no such file"
    )
  }

  @Test func levelsHoldWhatIsBeforeThem() {
    #expect(LogLevel.allCases.sorted() == [.error, .warning, .debug])
  }
}
