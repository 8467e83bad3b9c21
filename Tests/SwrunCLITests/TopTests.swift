import Lifecycle
import State
import Testing

@testable import SwrunCLI

@Suite struct TopTests {
  static func usage(_ id: String, pid: Int32 = 10, at milliseconds: Int64) throws -> ContainerUsage
  {
    ContainerUsage(
      id: try ContainerID(id),
      status: .running,
      pid: pid,
      milliseconds: milliseconds
    )
  }

  @Test func ratesArePerSecondAndPerProcessor() throws {
    var before = try Self.usage("a", at: 1000)
    (before.cpu, before.readBytes, before.writtenBytes) = (1_000_000, 4096, 0)
    var after = try Self.usage("a", at: 3000)
    (after.cpu, after.readBytes, after.writtenBytes) = (2_500_000, 8192, 0)
    let row = UsageRow(after, since: before)
    #expect(row.cpu == 7500)
    #expect(row.readRate == 2048)
    #expect(row.writeRate == 0)
  }

  @Test func anotherContainerOfTheNameHasNoRates() throws {
    let row = UsageRow(
      try Self.usage("a", pid: 11, at: 3000),
      since: try Self.usage("a", pid: 10, at: 1000)
    )
    #expect(row.cpu == nil)
  }

  @Test func aCounterThatWasSetBackHasNotMoved() throws {
    var before = try Self.usage("a", at: 0)
    before.cpu = 5
    #expect(UsageRow(try Self.usage("a", at: 1000), since: before).cpu == 0)
  }

  @Test func whatUsesMostIsFirstAndEqualsAreByName() throws {
    var usages = [
      try Self.usage("c", at: 1), try Self.usage("a", at: 1), try Self.usage("b", at: 1),
    ]
    usages[2].memory = 5
    let ids = { (column: UsageColumn) in
      usageRows(usages, since: [], sortedBy: column).map { $0.usage.id.description }
    }
    #expect(ids(.memory) == ["b", "a", "c"])
    #expect(ids(.id) == ["a", "b", "c"])
  }

  @Test func theTableIsAligned() throws {
    var usage = try Self.usage("web", at: 1)
    (usage.memory, usage.memoryLimit, usage.processes) = (1536, 1 << 30, 3)
    (usage.processLimit, usage.cpuPressure) = (64, 1234)
    let lines = UsageTable.lines([UsageRow(usage, since: nil)])
    #expect(
      lines == [
        "ID   STATUS   CPU%  MEMORY  LIMIT  READ/s  WRITE/s  PIDS  PRESSURE: CPU  MEM  IO",
        "web  running     -    1.5K   1.0G       -        -  3/64           12.3    -   -",
      ]
    )
  }

  @Test(
    arguments: [
      (UInt64(0), "0"), (1023, "1023"), (1024, "1.0K"), (10 << 10, "10K"), (1535, "1.4K"),
      (1023 << 20, "1023M"), (.max, "15E"),
    ]
  )
  func bytesAreShort(bytes: UInt64, text: String) {
    #expect(shortBytes(bytes) == text)
  }

  @Test func aFrameFitsTheScreen() {
    let frame = LiveScreen.frame(["12345", "12", "lost"], rows: 2, columns: 4)
    // A full row is not cleared behind its end, and nothing is below the last one.
    #expect(frame == "\u{1B}[H1234\r\n12\u{1B}[K")
    let small = LiveScreen.frame(["1"], rows: 3, columns: 4)
    #expect(small == "\u{1B}[H1\u{1B}[K\r\n\u{1B}[J")
  }
}
