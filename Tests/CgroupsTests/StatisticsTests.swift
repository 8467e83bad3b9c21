import Testing

@testable import Cgroups

/// Texts as kernels write them: most from Linux 6.1, of a container at its limits.
@Suite struct StatisticsTests {
  @Test("cpu.stat has its times and its throttling; a key of a later kernel is left out")
  func cpu() {
    let text = """
      usage_usec 4938775
      user_usec 1419270
      system_usec 3519505
      core_sched.force_idle_usec 7
      nr_periods 99
      nr_throttled 94
      throttled_usec 4588397
      nr_bursts 0
      burst_usec 0

      """
    let expected = CPUStatistics(
      total: 4_938_775,
      user: 1_419_270,
      system: 3_519_505,
      periods: 99,
      throttledPeriods: 94,
      throttledTime: 4_588_397
    )
    #expect(CPUStatistics(parsing: [UInt8](text.utf8)) == expected)
  }

  @Test("cpu.stat without the controller has no throttling")
  func bareCPU() {
    let text = "usage_usec 12\nuser_usec 8\nsystem_usec 4\n"
    #expect(
      CPUStatistics(parsing: [UInt8](text.utf8)) == CPUStatistics(total: 12, user: 8, system: 4)
    )
  }

  @Test("counters keep their order; lines of another form are left out")
  func counterLines() {
    let text = "anon 0\nfile 8192\nodd line here\nnegative -1\nworst 18446744073709551616\nslab 7"
    #expect(
      counters(in: [UInt8](text.utf8)) == [
        Counter("anon", 0), Counter("file", 8192), Counter("slab", 7),
      ]
    )
  }

  @Test("a counter is found by its whole key")
  func counterByKey() {
    let events = counters(
      in: [UInt8]("low 0\nhigh 0\nmax 535\noom 1\noom_kill 2\noom_group_kill 1\n".utf8)
    )
    #expect(events["max"] == 535)
    #expect(events["oom_kill"] == 2)
    #expect(events["kill"] == nil)
  }

  static let numbers: [(text: String, value: UInt64?)] = [
    ("20971520\n", 20_971_520), ("max\n", nil), ("0\n", 0), ("", nil),
    ("18446744073709551615\n", .max), ("18446744073709551616\n", nil), ("-1\n", nil),
  ]

  @Test("a file of one number", arguments: numbers)
  func single(text: String, value: UInt64?) {
    #expect(singleNumber(in: [UInt8](text.utf8)) == value)
  }

  @Test("io.stat has a device a line")
  func io() {
    let text = """
      254:0 rbytes=32628736 wbytes=31457280 rios=173 wios=33 dbytes=0 dios=0
      7:3 rbytes=4096 wbytes=0 rios=1 wios=0 dbytes=0 dios=0

      """
    let devices = deviceStatistics(in: [UInt8](text.utf8))
    #expect(devices.map { "\($0.major):\($0.minor)" } == ["254:0", "7:3"])
    #expect(devices.map { $0.counters["rbytes"] } == [32_628_736, 4096])
    #expect(devices.map { $0.counters["wios"] } == [33, 0])
  }

  @Test("devices without counters stand before the next one on its line, or alone")
  func ioOfOlderKernels() {
    let text = "7:7 7:6 8:16 rbytes=5 wbytes=6 rios=1 wios=1\n8:32 \n8:0 rbytes=9 cost.usage=3\n"
    let devices = deviceStatistics(in: [UInt8](text.utf8))
    #expect(devices.map { "\($0.major):\($0.minor)" } == ["8:16", "8:0"])
    #expect(devices.map { $0.counters["rbytes"] } == [5, 9])
  }

  @Test("a pressure file has hundredths of per cents and microseconds")
  func pressure() {
    let text = """
      some avg10=21.02 avg60=4.96 avg300=1.08 total=3285286
      full avg10=0.07 avg60=100.00 avg300=0.00 total=1

      """
    let read = Pressure(parsing: [UInt8](text.utf8))
    #expect(
      read.some
        == Pressure.Share(average10: 2102, average60: 496, average300: 108, total: 3_285_286)
    )
    #expect(read.full == Pressure.Share(average10: 7, average60: 10000, average300: 0, total: 1))
  }

  @Test("before Linux 5.13 cpu.pressure has no full line")
  func pressureOfOlderKernels() {
    let read = Pressure(parsing: [UInt8]("some avg10=0.50 avg60=0.00 avg300=0.00 total=9\n".utf8))
    #expect(read.some.average10 == 50)
    #expect(read.full.isZero)
  }

  @Test("kills for want of memory are counted, and where they are not, the want is")
  func outOfMemory() {
    #expect(outOfMemoryKills(in: [UInt8]("max 5\noom 3\noom_kill 2\n".utf8)) == 2)
    #expect(outOfMemoryKills(in: [UInt8]("max 5\noom 3\n".utf8)) == 3)
    #expect(outOfMemoryKills(in: []) == 0)
  }

  @Test("sizes of huge pages are in the names of files")
  func hugePages() {
    let names = [
      "hugetlb.2MB.rsvd.current", "hugetlb.2MB.current", "hugetlb.2MB.max", "memory.current",
      "hugetlb.1GB.current", "hugetlb.1GB.events.local",
    ]
    #expect(hugePageSizes(in: names) == ["1GB", "2MB"])
  }
}

@Suite struct FreezerTests {
  @Test("a thread that can't be stopped is named with what it does")
  func holdout() {
    let error = CgroupError.notFrozen(
      "/a/b",
      holdouts: [
        FreezerHoldout(
          pid: 7,
          thread: 7,
          name: "cat",
          state: UInt8(ascii: "D"),
          waitsIn: "request_wait_answer"
        ),
        FreezerHoldout(pid: 8, thread: 9, name: "x", state: UInt8(ascii: "R"), waitsIn: ""),
      ]
    )
    #expect(
      "\(error)" == "cgroup /a/b can't be frozen: process 7 (cat) waits for a device or a file "
        + "system, in request_wait_answer, thread 9 of process 8 (x) runs in the kernel"
    )
  }
}
