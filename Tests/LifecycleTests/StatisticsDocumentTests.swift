import Testing

@testable import Cgroups
@testable import JSON
@testable import Lifecycle

/// The shape of `runc events`: types/events.go of runc 1.5 names its members.
@Suite struct StatisticsDocumentTests {
  /// The text of a statistics document.
  static func text(_ statistics: ControlGroupStatistics) -> String {
    String(decoding: statistics.document.text(.compact), as: UTF8.self)
  }

  static let cpuset = """
    "cpuset":{"cpu_exclusive":0,"mem_hardwall":0,"mem_exclusive":0,"memory_migrate":0,\
    "memory_spread_page":0,"memory_spread_slab":0,"memory_pressure":0,"sched_load_balance":0,\
    "sched_relax_domain_level":0}
    """

  @Test("without controllers and pressure there is what a consumer must find, and nothing more")
  func bare() {
    #expect(
      Self.text(ControlGroupStatistics()) == """
        {"cpu":{"usage":{"kernel":0,"user":0}},\(Self.cpuset),"memory":{},"pids":{},"blkio":{},\
        "hugetlb":{},"intel_rdt":{},"network_interfaces":null}
        """
    )
  }

  @Test("everything that cgroup v2 has stands where cgroup v1 had it")
  func whole() {
    var all = ControlGroupStatistics()
    all.cpu = CPUStatistics(
      total: 3,
      user: 2,
      system: 1,
      periods: 4,
      throttledPeriods: 5,
      throttledTime: 6
    )
    all.memory = MemoryStatistics(
      memory: MemoryAmount(current: 100, peak: 300, limit: 1000),
      swap: MemoryAmount(current: 50, limit: 500),
      details: [Counter("file", 8), Counter("anon", 0)],
      events: [Counter("max", 9)]
    )
    all.devices = [
      DeviceStatistics(
        major: 8,
        minor: 0,
        counters: [Counter("rbytes", 11), Counter("wbytes", 0), Counter("rios", 1)]
      )
    ]
    all.processes = ProcessStatistics(current: 2, limit: 64)
    all.hugePages = [HugePageStatistics(size: "2MB", current: 0, failures: 1)]
    all.pressure.io = Pressure(some: .init(average10: 150, average60: 7, average300: 0, total: 12))
    #expect(
      Self.text(all) == """
        {"cpu":{"usage":{"total":3000,"kernel":1000,"user":2000},"throttling":{"periods":4,\
        "throttledPeriods":5,"throttledTime":6000}},\(Self.cpuset),"memory":{"cache":8,\
        "usage":{"limit":1000,"usage":100,"max":300,"failcnt":9},"swap":{"limit":1500,"usage":150,\
        "failcnt":0},"raw":{"anon":0,"file":8}},"pids":{"current":2,"limit":64},\
        "blkio":{"ioServiceBytesRecursive":[{"major":8,"op":"Read","value":11},{"major":8,\
        "op":"Write"}],"ioServicedRecursive":[{"major":8,"op":"Read","value":1}],\
        "psi":{"some":{"avg10":1.5,"avg60":0.07,"avg300":0,"total":12}}},\
        "hugetlb":{"2MB":{"failcnt":1}},"intel_rdt":{},"network_interfaces":null}
        """
    )
  }

  static let limits: [(memory: UInt64?, swap: MemoryAmount?, sum: UInt64)] = [
    (nil, MemoryAmount(limit: nil), .max),
    (nil, MemoryAmount(limit: 5), .max),
    (10, MemoryAmount(limit: nil), .max),
    (10, MemoryAmount(limit: 5), 15),
    (10, nil, 10),
  ]

  @Test("the limit of memory and swap is their sum, and none where one has none", arguments: limits)
  func swapLimit(memory: UInt64?, swap: MemoryAmount?, sum: UInt64) {
    var statistics = ControlGroupStatistics()
    statistics.memory = MemoryStatistics(memory: MemoryAmount(limit: memory), swap: swap)
    #expect(Self.text(statistics).contains("\"swap\":{\"limit\":\(sum),"))
  }
}

@Suite struct ProcessTableTests {
  static let table = """
    UID          PID    PPID  C STIME TTY          TIME CMD
    root           1       0  0 12:00 ?        00:00:01 init
    root          12       1  0 12:00 ?        00:00:00 sleep 1
    root         112       1  0 12:00 ?        00:00:00 sleep 12

    """

  @Test("the head and the lines of the processes stay, whatever numbers the others have in them")
  func kept() {
    #expect(
      lines(of: [12], inTable: Self.table) == """
        UID          PID    PPID  C STIME TTY          TIME CMD
        root          12       1  0 12:00 ?        00:00:00 sleep 1

        """
    )
  }

  @Test(
    "a table without a PID column tells nothing",
    arguments: ["COMMAND\nsleep\n", "", "PPID\n1\n"]
  )
  func withoutColumn(text: String) {
    #expect(lines(of: [1], inTable: text) == nil)
  }
}
