import RuntimeSpec
import Testing

@testable import Cgroups

/// Settings as `file=text` lines, the choices of one joined by `|`.
private func lines(_ change: (inout Resources) -> Void) throws -> [String] {
  var resources = Resources()
  change(&resources)
  return try limitSettings(for: resources).map { setting in
    setting.choices.map { "\($0.file)=\($0.text)" }.joined(separator: "|")
  }
}

@Suite struct LimitSettingsTests {
  @Test(
    "shares become weights as the other runtimes have it",
    arguments: [
      (0, nil), (1, 1), (2, 1), (3, 2), (10, 4), (100, 17), (256, 35), (512, 59), (1024, 100),
      (2048, 174), (4096, 303), (10240, 639), (262_143, 10_000), (262_144, 10_000),
      (.max, 10_000),
    ] as [(UInt64, UInt64?)]
  )
  func weight(shares: UInt64, weight: UInt64?) {
    #expect(cpuWeight(ofShares: shares) == weight)
  }

  @Test(
    "weights of block devices cover the kernel's range",
    arguments: [
      (10, 1), (11, 11), (500, 4950), (1000, 10_000),
    ] as [(UInt16, UInt64)]
  )
  func ioWeights(weight: UInt16, expected: UInt64) {
    #expect(ioWeight(of: weight) == expected)
  }

  @Test(
    "swap is what is left of memory and swap",
    arguments: [
      (0, nil, nil), (0, 0, nil), (100, nil, nil), (100, 0, nil), (-1, nil, "max"), (-1, 0, "max"),
      (0, -1, "max"), (100, -1, "max"), (100, 100, "0"), (100, 250, "150"),
      (-1, 100, "100"),
    ] as [(Int64, Int64?, String?)]
  )
  func swap(limit: Int64, swap: Int64?, text: String?) throws {
    #expect(try swapText(limit: limit, swap: swap) == text)
  }

  @Test(
    "swap that makes no sense is refused",
    arguments: [(0, 100), (100, 99), (100, -2)] as [(Int64, Int64)]
  )
  func badSwap(limit: Int64, swap: Int64) {
    #expect(throws: CgroupError.self) { try swapText(limit: limit, swap: swap) }
  }

  @Test("memory is written swap first, then the limit, then the reservation")
  func memory() throws {
    let written = try lines {
      $0.memory = MemoryLimits()
      $0.memory?.limit = 1000
      $0.memory?.swap = 1500
      $0.memory?.reservation = 500
    }
    #expect(written == ["memory.swap.max=500", "memory.max=1000", "memory.low=500"])
  }

  @Test("no limit is max, and a new control group has it already")
  func unlimited() throws {
    var resources = Resources()
    resources.memory = MemoryLimits()
    resources.memory?.limit = -1
    resources.pids = PidsLimit(limit: -1)
    resources.cpu = CPULimits()
    resources.cpu?.quota = -1
    let settings = try limitSettings(for: resources)
    #expect(settings.map(\.file) == ["cpu.max", "memory.swap.max", "memory.max", "pids.max"])
    #expect(settings.map(\.isInitial) == [true, true, true, true])
  }

  @Test("what Docker sends for a container without limits asks for no controller")
  func dockerDefault() throws {
    let written = try lines {
      $0.memory = MemoryLimits()
      $0.memory?.disableOOMKiller = false
      $0.cpu = CPULimits()
      $0.cpu?.shares = 0
      $0.blockIO = BlockIOLimits()
      $0.blockIO?.weight = 0
    }
    #expect(written == [])
  }

  @Test(
    "cpu time is a quota and a period, each with its default",
    arguments: [
      (200_000, 50_000, "200000 50000"), (20_000, nil, "20000 100000"), (nil, 50_000, "max 50000"),
      (-1, 50_000, "max 50000"),
    ] as [(Int64?, UInt64?, String)]
  )
  func cpuMax(quota: Int64?, period: UInt64?, text: String) throws {
    let written = try lines {
      $0.cpu = CPULimits()
      $0.cpu?.quota = quota
      $0.cpu?.period = period
    }
    #expect(written == ["cpu.max=\(text)"])
  }

  @Test("an idle group takes no weight, and gets one after its idleness has ended")
  func idle() throws {
    let cpu = { (idle: Int64) in
      try lines {
        $0.cpu = CPULimits()
        $0.cpu?.idle = idle
        $0.cpu?.shares = 1024
      }
    }
    #expect(try cpu(1) == ["cpu.idle=1"])
    #expect(try cpu(0) == ["cpu.idle=0", "cpu.weight=100"])
  }

  @Test("the burst is written before the quota, and may be again after it")
  func burst() throws {
    var resources = Resources()
    resources.cpu = CPULimits()
    resources.cpu?.quota = 1000
    resources.cpu?.burst = 500
    let settings = try limitSettings(for: resources)
    #expect(settings.map(\.file) == ["cpu.max.burst", "cpu.max"])
    #expect(settings.map(\.mayComeTooEarly) == [true, false])
  }

  @Test(
    "pids.limit 0 leaves room for init alone",
    arguments: [
      (0, "1"), (1, "1"), (2048, "2048"), (-1, "max"),
    ] as [(Int64, String)]
  )
  func pids(limit: Int64, text: String) throws {
    let written = try lines { $0.pids = PidsLimit(limit: limit) }
    #expect(written == ["pids.max=\(text)"])
  }

  @Test("block devices have weights for either scheduler, and throttles")
  func blockIO() throws {
    let written = try lines {
      $0.blockIO = BlockIOLimits()
      $0.blockIO?.weight = 100
      $0.blockIO?.weightDevice = [BlockIOWeight(major: 8, minor: 0, weight: 10, leafWeight: nil)]
      $0.blockIO?.throttleReadBpsDevice = [BlockIOThrottle(major: 8, minor: 0, rate: 600)]
      $0.blockIO?.throttleWriteIOPSDevice = [BlockIOThrottle(major: 8, minor: 16, rate: 0)]
    }
    #expect(
      written == [
        "io.bfq.weight=100|io.weight=910", "io.bfq.weight=8:0 10|io.weight=8:0 1",
        "io.max=8:0 rbps=600", "io.max=8:16 wiops=max",
      ]
    )
  }

  @Test("huge pages, RDMA devices, CPU sets and raw files have a line each")
  func others() throws {
    let written = try lines {
      $0.cpu = CPULimits()
      $0.cpu?.cpus = "0-1"
      $0.cpu?.mems = "0"
      $0.hugepageLimits = [HugepageLimit(pageSize: "2MB", limit: 4096)]
      $0.rdma = [
        RDMALimit(device: "mlx5_1", hcaHandles: 3, hcaObjects: 10000),
        RDMALimit(device: "mlx4_0", hcaHandles: nil, hcaObjects: nil),
        RDMALimit(device: "mlx4_1", hcaHandles: .max, hcaObjects: nil),
      ]
      $0.unified = [UnifiedSetting(file: "memory.high", value: "1000")]
    }
    #expect(
      written == [
        "cpuset.cpus=0-1", "cpuset.mems=0", "hugetlb.2MB.max=4096", "hugetlb.2MB.rsvd.max=4096",
        "rdma.max=mlx5_1 hca_handle=3 hca_object=10000", "rdma.max=mlx4_1 hca_handle=max",
        "memory.high=1000",
      ]
    )
  }

  @Test("only what takes no limit away may lack its file")
  func absence() throws {
    var resources = Resources()
    resources.memory = MemoryLimits()
    resources.memory?.limit = 100
    resources.memory?.swap = 100
    resources.pids = PidsLimit(limit: -1)
    let settings = try limitSettings(for: resources)
    #expect(settings.map(\.file) == ["memory.swap.max", "memory.max", "pids.max"])
    #expect(settings.map(\.isFineWithoutFile) == [true, false, true])
  }

  @Test("a setting knows its controller by its file")
  func controller() {
    #expect(LimitSetting("memory.high", "").controller == "memory")
    #expect(LimitSetting("hugetlb.2MB.max", "").controller == "hugetlb")
    #expect(LimitSetting("cgroup.max.depth", "").controller == nil)
    #expect(LimitSetting("memory.pressure", "").controller == nil)
  }

  @Test("what cgroup v2 has no file for is named, and left out")
  func ignored() throws {
    var resources = Resources()
    resources.memory = MemoryLimits()
    resources.memory?.kernel = 5
    resources.memory?.swappiness = 0
    #expect(try limitSettings(for: resources).isEmpty)
    #expect(resources.propertiesWithoutController == ["memory/kernel", "memory/swappiness"])
  }

  @Test("without a cgroup, limits are an error and their absence a warning")
  func without() throws {
    var resources = Resources()
    resources.pids = PidsLimit(limit: 5)
    #expect(
      throws: CgroupError.limitsWithoutCgroup(["pids.max"], reason: "\(CgroupError.notMounted)")
    ) {
      try checkNothingIsLost(without: .notMounted, resources, isInUserNamespace: true)
    }
    resources.pids = nil
    resources.devices = [
      DeviceRule(isAllowed: false, kind: .all, major: nil, minor: nil, access: .all)
    ]
    #expect(throws: CgroupError.self) {
      try checkNothingIsLost(without: .notMounted, resources, isInUserNamespace: false)
    }
    let warning = try checkNothingIsLost(
      without: .notMounted,
      resources,
      isInUserNamespace: true
    )
    #expect(warning?.hasPrefix("running without a cgroup: ") == true)
    // Who wants none is told of the rules alone.
    let rules = try checkNothingIsLost(without: .disabled, resources, isInUserNamespace: false)
    #expect(rules?.hasPrefix("device rules are not in force") == true)
    let none = try checkNothingIsLost(without: .disabled, Resources(), isInUserNamespace: false)
    #expect(none == nil)
    #expect(throws: CgroupError.populated("/x")) {
      try checkNothingIsLost(without: .populated("/x"), Resources(), isInUserNamespace: true)
    }
  }
}
