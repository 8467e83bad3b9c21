import DBus
import RuntimeSpec
import Testing

@testable import Systemd

private func properties(_ settings: (String, String)...) -> [String: BusValue] {
  table(limitProperties(for: settings.map { UnifiedSetting(file: $0.0, value: $0.1) }))
}

private func table(_ list: [UnitProperty]) -> [String: BusValue] {
  Dictionary(list.map { ($0.name, $0.value) }) { $1 }
}

private func pair(_ device: String, _ number: UInt64) -> BusValue {
  .structure([.string(device), .uint64(number)])
}

@Suite struct LimitPropertyTests {
  @Test(
    "files and their properties",
    arguments: [
      ("memory.max", "4096", "MemoryMax", 4096),
      ("memory.max", "max", "MemoryMax", .max),
      ("memory.swap.max", "0", "MemorySwapMax", 0),
      ("memory.high", "1", "MemoryHigh", 1),
      ("memory.low", "2", "MemoryLow", 2),
      ("memory.min", "3", "MemoryMin", 3),
      ("pids.max", "17", "TasksMax", 17),
      ("cpu.weight", "100", "CPUWeight", 100),
      ("cpu.idle", "1", "CPUWeight", 0),
      ("cpu.idle", "0", "CPUWeight", .max),
      ("io.weight", "500", "IOWeight", 500),
      ("io.weight", "default 500", "IOWeight", 500),
      ("cpu.max", "50000 100000", "CPUQuotaPerSecUSec", 500_000),
      ("cpu.max", "12345 100000", "CPUQuotaPerSecUSec", 130_000),
      ("cpu.max", "1000 100000", "CPUQuotaPerSecUSec", 10_000),
      ("cpu.max", "1001 100000", "CPUQuotaPerSecUSec", 20_000),
      ("cpu.max", "max 200000", "CPUQuotaPerSecUSec", .max),
      ("cpu.max", "max 200000", "CPUQuotaPeriodUSec", 200_000),
      ("cpu.max", "5000", "CPUQuotaPeriodUSec", 100_000),
    ] as [(String, String, String, UInt64)]
  )
  func numbers(file: String, text: String, name: String, number: UInt64) {
    #expect(properties((file, text))[name] == .uint64(number))
  }

  @Test(
    "a device without a weight of its own takes away those of all, but for the ones that follow"
  )
  func forgottenWeights() {
    let list = limitProperties(
      for: ["8:1 300", "8:0 default", "8:16 200"].map {
        UnifiedSetting(file: "io.weight", value: $0)
      }
    )
    #expect(
      list == [
        UnitProperty(
          "IODeviceWeight",
          .array(of: "(st)", [pair("/dev/block/8:16", 200)]),
          isWhole: true
        )
      ]
    )
  }

  @Test(
    "what has no property is for the files",
    arguments: [
      ("hugetlb.2MB.max", "1"), ("cpu.max.burst", "1"), ("memory.reclaim", "1"),
      ("memory.max", "10%"), ("cpu.max", "1 0"), ("cpu.max", "1 2 3"), ("cpu.idle", "x"),
      ("cpuset.cpus", "x"), ("cpuset.cpus", "3-1"), ("cpuset.cpus", "9999"), ("io.max", "8:0"),
      ("cpu.max", "99999999999999999999 1"), ("cpu.max", "9999999999999 1"),
    ]
  )
  func none(file: String, text: String) {
    #expect(properties((file, text)).isEmpty)
  }

  @Test("sets of CPUs are masks, the lowest byte first")
  func sets() {
    #expect(properties(("cpuset.cpus", "0-2,9"))["AllowedCPUs"] == numberSet("9,0,1,2"))
    #expect(
      properties(("cpuset.mems", "0-2,9"))["AllowedMemoryNodes"]
        == .array(of: "y", [.byte(7), .byte(2)])
    )
    // What takes a set back that was none.
    #expect(properties(("cpuset.cpus", "\n"))["AllowedCPUs"] == .array(of: "y", []))
  }

  @Test("throttles of several devices come together")
  func throttles() {
    let result = properties(
      ("io.max", "8:0 rbps=1000"),
      ("io.max", "8:16 rbps=max wiops=5"),
      ("io.weight", "8:0 77")
    )
    #expect(
      result["IOReadBandwidthMax"]
        == .array(of: "(st)", [pair("/dev/block/8:0", 1000), pair("/dev/block/8:16", .max)])
    )
    #expect(result["IOWriteIOPSMax"] == .array(of: "(st)", [pair("/dev/block/8:16", 5)]))
    #expect(result["IODeviceWeight"] == .array(of: "(st)", [pair("/dev/block/8:0", 77)]))
  }

  @Test("a later value is in the place of an earlier one")
  func last() {
    #expect(properties(("memory.max", "1"), ("memory.max", "2")) == ["MemoryMax": .uint64(2)])
  }
}

@Suite struct DevicePropertyTests {
  private func rule(
    _ isAllowed: Bool,
    _ kind: DeviceRule.Kind,
    _ major: UInt32?,
    _ minor: UInt32?,
    _ access: DeviceRule.Access,
  ) -> DeviceRule {
    DeviceRule(isAllowed: isAllowed, kind: kind, major: major, minor: minor, access: access)
  }

  private func allowed(_ rules: DeviceRule...) -> [String]? {
    let properties = table(deviceProperties(for: rules))
    guard properties["DevicePolicy"] == .string("strict"),
      case .array(_, let list)? = properties["DeviceAllow"]
    else { return nil }
    return list.map { entry in
      guard case .structure(let pair) = entry else { return "" }
      return pair.map { $0.text ?? "" }.joined(separator: " ")
    }
  }

  @Test("rules that allow are listed, as far as nothing denies all again")
  func list() {
    let everything = rule(false, .all, nil, nil, .all)
    #expect(
      allowed(
        rule(true, .character, 9, 9, .all),
        everything,
        rule(true, .character, 1, 3, [.read, .write]),
        rule(true, .block, 8, nil, .read),
        rule(true, .all, nil, nil, .mknod)
      ) == ["/dev/char/1:3 rw", "block-8 r", "char-* m", "block-* m"]
    )
    #expect(allowed(everything) == [])
  }

  @Test("what systemd can't tell it does not restrict")
  func untold() {
    #expect(allowed() == nil)
    #expect(allowed(rule(true, .all, nil, nil, .all), rule(false, .block, 8, 0, .all)) == nil)
    #expect(allowed(rule(true, .block, nil, 7, .read)) == nil)
  }
}

@Suite struct AnnotationTests {
  private func property(_ name: String, _ text: String) throws -> [UnitProperty] {
    try annotationProperties([Annotation(key: "org.systemd.property.\(name)", value: text)])
  }

  @Test(
    "values in the text format of GVariant",
    arguments: [
      ("true", .boolean(true)), ("5", .int32(5)), ("uint64 5", .uint64(5)), ("-3", .int32(-3)),
      ("0x10", .int32(16)), ("010", .int32(8)), ("1.5", .double(1.5)), ("int16 -4", .int16(-4)),
      ("'a\\'b\\u00e9'", .string("a'bé")), ("\"a'b\"", .string("a'b")),
      ("['a', 'b']", .array(of: "s", [.string("a"), .string("b")])),
      ("@as []", .array(of: "s", [])),
      ("[uint32 1, 2]", .array(of: "u", [.uint32(1), .uint32(2)])),
      ("@at [1]", .array(of: "t", [.uint64(1)])), ("byte 0xff", .byte(255)),
      ("('x', true)", .structure([.string("x"), .boolean(true)])),
      ("(1,)", .structure([.int32(1)])),
      ("objectpath '/a'", .objectPath("/a")), (" [ true ] ", .array(of: "b", [.boolean(true)])),
    ] as [(String, BusValue)]
  )
  func values(text: String, value: BusValue) throws {
    #expect(try property("Some", text) == [UnitProperty("Some", value)])
  }

  @Test(
    "what is no value is refused",
    arguments: [
      "", "x", "'a", "5 6", "[1, 'a']", "[]", "[1", "(", "uint64 -1", "byte 256", "uint64 'a'",
      "true 1", "{'a': 1}", "<1>", "just 1", "@", "1..2", "--1", "'\\u00'", "uint64", "09", "0x",
      String(repeating: "[", count: 100),
    ]
  )
  func refused(text: String) {
    #expect(throws: SystemdError.self) { try property("Some", text) }
  }

  @Test(
    "seconds become microseconds",
    arguments: [("5", 5_000_000), ("uint64 7", 7_000_000), ("0.25", 250_000)]
      as [(String, UInt64)]
  )
  func seconds(text: String, number: UInt64) throws {
    #expect(
      try property("TimeoutStopSec", text) == [UnitProperty("TimeoutStopUSec", .uint64(number))]
    )
    #expect(
      try property("TimeoutStopUSec", "uint64 7") == [
        UnitProperty("TimeoutStopUSec", .uint64(7))
      ]
    )
  }

  @Test(
    "names that are none, and those that are the runtime's",
    arguments: ["", "a", "a.b", "Ä", "PIDs", "Slice", "Delegate"]
  )
  func names(name: String) {
    #expect(throws: SystemdError.self) { try property(name, "'x'") }
  }

  @Test("an annotation is in the place of our own property")
  func overriding() throws {
    let request = UnitRequest(
      unit: try Unit(cgroupsPath: nil, id: "c", isOfUser: false),
      description: "ours",
      settings: [UnifiedSetting(file: "memory.max", value: "1")],
      deviceRules: [],
      annotations: [
        Annotation(key: "org.systemd.property.MemoryMax", value: "uint64 2"),
        Annotation(key: "another", value: "x"),
      ]
    )
    let list = try request.properties(pid: 7)
    #expect(list.filter { $0.name == "MemoryMax" } == [UnitProperty("MemoryMax", .uint64(2))])
    #expect(list.contains(UnitProperty("PIDs", .array(of: "u", [.uint32(7)]))))
    // Unset is no limit, whatever systemd's own default is.
    #expect(list.contains(UnitProperty("TasksMax", .uint64(.max))))
  }
}
