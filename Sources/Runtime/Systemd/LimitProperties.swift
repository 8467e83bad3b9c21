import DBus
package import RuntimeSpec

/// The properties that stand for limits, which are given as files of cgroup v2.
///
/// Going by the files makes `unified` the same as all the rest. What has no property here is for the
/// files alone, as hugetlb, rdma and the burst of the CPU. So is what can't be read: the kernel says
/// what is wrong with it. A weight of a device that is `default` again takes those of all devices away:
/// it comes before the ones that stay.
///
/// See: systemd.resource-control(5), org.freedesktop.systemd1(5).
package func limitProperties(for settings: [UnifiedSetting]) -> [UnitProperty] {
  var table = PropertyTable()
  for setting in settings {
    for text in setting.value.valueLines {
      table.take(UnifiedSetting(file: setting.file, value: text))
    }
  }
  return table.properties
}

/// Properties by name, in the order in which they came; a later value is in the place of an earlier.
private struct PropertyTable {
  private(set) var properties: [UnitProperty] = []

  mutating func take(_ setting: UnifiedSetting) {
    let text = setting.value
    switch setting.file {
    case "memory.max": set("MemoryMax", amount(text))
    case "memory.high": set("MemoryHigh", amount(text))
    case "memory.low": set("MemoryLow", amount(text))
    case "memory.min": set("MemoryMin", amount(text))
    case "memory.swap.max": set("MemorySwapMax", amount(text))
    case "memory.zswap.max": set("MemoryZSwapMax", amount(text))
    // For scopes since systemd 253; what is only in the file an older one resets when it reloads.
    case "memory.oom.group": set("OOMPolicy", .string(text == "1" ? "kill" : "continue"))
    case "pids.max": set("TasksMax", amount(text))
    case "cpu.weight": set("CPUWeight", amount(text))
    // A weight of 0 is systemd's word for it, since 252; the largest number is none at all.
    case "cpu.idle": set("CPUWeight", ["0": .uint64(.max), "1": .uint64(0)][text])
    case "cpu.max": takeQuota(text)
    case "cpuset.cpus": set("AllowedCPUs", allowedNumbers(text))
    case "cpuset.mems": set("AllowedMemoryNodes", allowedNumbers(text))
    case "io.weight": takeIOWeight(text)
    case "io.max": takeThrottles(text)
    default: break
    }
  }

  private mutating func set(_ name: String, _ value: BusValue?) {
    guard let value else { return }
    properties.removeAll { $0.name == name }
    properties.append(UnitProperty(name, value))
  }

  private mutating func add(_ name: String, device: Substring, _ number: UInt64) {
    let pair = BusValue.structure([.string("/dev/block/\(device)"), .uint64(number)])
    let before = properties.first { $0.name == name }
    var list: [BusValue] = []
    if case .array(_, let old)? = before?.value { list = old }
    properties.removeAll { $0.name == name }
    properties.append(
      UnitProperty(name, .array(of: "(st)", list + [pair]), isWhole: before?.isWhole ?? false)
    )
  }

  /// systemd can't forget a limit of one device, but of all at once: the others are to follow.
  private mutating func forgetDevices(of name: String) {
    properties.removeAll { $0.name == name }
    properties.append(UnitProperty(name, .array(of: "(st)", []), isWhole: true))
  }

  /// systemd keeps a whole percentage of a CPU: rounded up, so that nobody gets less than was asked.
  private mutating func takeQuota(_ text: String) {
    let words = text.split(separator: " ")
    guard words.count <= 2, let quota = words.first,
      let period = UInt64(words.count == 2 ? words[1] : "100000"),
      period > 0
    else { return }
    if quota == "max" {
      set("CPUQuotaPerSecUSec", .uint64(.max))
    } else {
      guard let number = UInt64(quota), number < 1 << 40 else { return }
      let aSecond = number * 1_000_000 / period + (number * 1_000_000 % period == 0 ? 0 : 1)
      set("CPUQuotaPerSecUSec", .uint64((aSecond + 9999) / 10_000 * 10_000))
    }
    set("CPUQuotaPeriodUSec", .uint64(period))
  }

  private mutating func takeIOWeight(_ text: String) {
    let words = text.split(separator: " ")
    if words.count == 2, words[1] == "default" { forgetDevices(of: "IODeviceWeight") }
    guard let weight = words.last.flatMap({ UInt64($0) }) else { return }
    switch words.count {
    case 1: set("IOWeight", .uint64(weight))
    case 2 where words[0] == "default": set("IOWeight", .uint64(weight))
    case 2: add("IODeviceWeight", device: words[0], weight)
    default: break
    }
  }

  private mutating func takeThrottles(_ text: String) {
    let words = text.split(separator: " ")
    guard let device = words.first else { return }
    for word in words.dropFirst() {
      let pair = word.split(separator: "=")
      guard pair.count == 2, let name = throttleNames[String(pair[0])],
        case .uint64(let rate)? = amount(String(pair[1]))
      else { continue }
      add(name, device: device, rate)
    }
  }
}

private let throttleNames = [
  "rbps": "IOReadBandwidthMax", "wbps": "IOWriteBandwidthMax",
  "riops": "IOReadIOPSMax", "wiops": "IOWriteIOPSMax",
]

/// A number or `max`; nil for anything else, as the percentages that the kernel does not know.
private func amount(_ text: String) -> BusValue? {
  text == "max" ? .uint64(.max) : UInt64(text).map { .uint64($0) }
}

/// What is allowed by a file of cpusets, of which an empty one restricts nothing.
private func allowedNumbers(_ text: String) -> BusValue? {
  text.allSatisfy(\.isWhitespace) ? .array(of: "y", []) : numberSet(text)
}

/// A list of numbers and ranges as a bit mask, the lowest byte first; nil for what is none.
///
/// See: cpuset(7), "List format".
func numberSet(_ text: String) -> BusValue? {
  let largest = 8191
  var bits = [UInt8](repeating: 0, count: (largest + 1) / 8)
  for part in text.split(separator: ",") {
    let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { UInt16($0) }
    guard (1...2).contains(ends.count), let low = ends[0], let high = ends[ends.count - 1],
      low <= high, high <= largest
    else { return nil }
    for number in low...high { bits[Int(number) / 8] |= 1 << UInt8(number % 8) }
  }
  while bits.last == 0 { bits.removeLast() }
  return bits.isEmpty ? nil : .array(of: "y", bits.map { .byte($0) })
}
