// The formats of statistics files: pure, and forgiving of keys that a later kernel adds.
// See: cgroup-v2.rst, "Conventions", "Format".

/// Lines of a key and a number, as cpu.stat, memory.stat and memory.events have them; other lines are
/// left out.
func counters(in text: [UInt8]) -> [Counter] {
  text.split(separator: UInt8(ascii: "\n")).compactMap { line in
    let words = line.split(separator: UInt8(ascii: " "))
    guard words.count == 2, let value = number(words[1]) else { return nil }
    return Counter(String(decoding: words[0], as: UTF8.self), value)
  }
}

/// A file of one number.
///
/// - Returns: nil for `max`, and for what is no number.
func singleNumber(in text: [UInt8]) -> UInt64? {
  number(text.split(separator: UInt8(ascii: "\n")).first ?? [])
}

/// Decimal digits and nothing else.
private func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
  guard !digits.isEmpty else { return nil }
  var value: UInt64 = 0
  for digit in digits {
    guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
    let (product, overflow) = value.multipliedReportingOverflow(by: 10)
    let (sum, carry) = product.addingReportingOverflow(UInt64(digit - UInt8(ascii: "0")))
    guard !overflow, !carry else { return nil }
    value = sum
  }
  return value
}

extension CPUStatistics {
  /// cpu.stat.
  init(parsing text: [UInt8]) {
    self.init()
    for counter in counters(in: text) {
      switch counter.key {
      case "usage_usec": total = counter.value
      case "user_usec": user = counter.value
      case "system_usec": system = counter.value
      case "nr_periods": periods = counter.value
      case "nr_throttled": throttledPeriods = counter.value
      case "throttled_usec": throttledTime = counter.value
      default: continue
      }
    }
  }
}

/// io.stat: a device and its counters a line, `8:0 rbytes=1 wbytes=2`.
///
/// Kernels before 5.15 put devices without counters on the line of the next one: each pair of numbers
/// begins a device of its own.
func deviceStatistics(in text: [UInt8]) -> [DeviceStatistics] {
  var devices: [DeviceStatistics] = []
  for line in text.split(separator: UInt8(ascii: "\n")) {
    var device: DeviceStatistics?
    for word in line.split(separator: UInt8(ascii: " ")) {
      if let begun = DeviceStatistics(numbers: word) {
        device = begun
      } else if let counter = assignment(word) {
        device?.counters.append(counter)
      }
    }
    if let device, !device.counters.isEmpty { devices.append(device) }
  }
  return devices
}

extension DeviceStatistics {
  /// `MAJOR:MINOR`.
  fileprivate init?(numbers word: ArraySlice<UInt8>) {
    let parts = word.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard parts.count == 2, let major = number(parts[0]).flatMap(UInt32.init(exactly:)),
      let minor = number(parts[1]).flatMap(UInt32.init(exactly:))
    else { return nil }
    self.init(major: major, minor: minor)
  }
}

/// `KEY=NUMBER`.
private func assignment(_ word: ArraySlice<UInt8>) -> Counter? {
  guard let equals = word.firstIndex(of: UInt8(ascii: "=")),
    let value = number(word[(equals + 1)...])
  else { return nil }
  return Counter(String(decoding: word[..<equals], as: UTF8.self), value)
}

extension Pressure {
  /// A pressure file: `some avg10=0.00 avg60=0.00 avg300=0.00 total=0`, and the same for `full`.
  init(parsing text: [UInt8]) {
    self.init()
    for line in text.split(separator: UInt8(ascii: "\n")) {
      let words = line.split(separator: UInt8(ascii: " "))
      guard let name = words.first else { continue }
      switch String(decoding: name, as: UTF8.self) {
      case "some": some = Share(words: words.dropFirst())
      case "full": full = Share(words: words.dropFirst())
      default: continue
      }
    }
  }
}

extension Pressure.Share {
  fileprivate init(words: ArraySlice<ArraySlice<UInt8>>) {
    self.init()
    for word in words {
      guard let equals = word.firstIndex(of: UInt8(ascii: "=")) else { continue }
      let value = word[(equals + 1)...]
      switch String(decoding: word[..<equals], as: UTF8.self) {
      case "avg10": average10 = hundredths(value)
      case "avg60": average60 = hundredths(value)
      case "avg300": average300 = hundredths(value)
      case "total": total = number(value) ?? 0
      default: continue
      }
    }
  }
}

/// A number with two decimals, as 1234 for `12.34`.
private func hundredths(_ text: ArraySlice<UInt8>) -> UInt64 {
  let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
  guard parts.count == 2, parts[1].count == 2, let whole = number(parts[0]),
    let rest = number(parts[1]), whole <= 1_000_000
  else { return 0 }
  return whole * 100 + rest
}
