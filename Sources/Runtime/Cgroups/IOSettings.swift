import RuntimeSpec

/// What to write for limits of block devices.
///
/// Spec: config-linux.md, "Block IO". See: cgroup-v2.rst, "IO Interface Files".
func ioSettings(_ limits: BlockIOLimits) throws(CgroupError) -> [LimitSetting] {
  var settings: [LimitSetting] = []
  if let weight = limits.weight, weight != 0 {
    settings.append(try weightSetting(weight, device: nil))
  }
  for device in limits.weightDevice ?? [] {
    guard let weight = device.weight, weight != 0 else { continue }
    settings.append(try weightSetting(weight, device: "\(device.major):\(device.minor)"))
  }
  settings += throttles(limits.throttleReadBpsDevice, "rbps")
  settings += throttles(limits.throttleWriteBpsDevice, "wbps")
  settings += throttles(limits.throttleReadIOPSDevice, "riops")
  settings += throttles(limits.throttleWriteIOPSDevice, "wiops")
  return settings
}

/// The BFQ scheduler has a file of its own, with the range of the specification; io.weight goes
/// from 1 to 10,000.
private func weightSetting(_ weight: UInt16, device: String?) throws(CgroupError) -> LimitSetting {
  guard (10...1000).contains(weight) else {
    throw .invalidLimit("blockIO.weight", reason: "\(weight) is not from 10 to 1000")
  }
  let prefix = device.map { "\($0) " } ?? ""
  var setting = LimitSetting("io.weight", "\(prefix)\(ioWeight(of: weight))")
  setting.choices.insert(.init(file: "io.bfq.weight", text: "\(prefix)\(weight)"), at: 0)
  return setting
}

func ioWeight(of weight: UInt16) -> UInt64 {
  1 + (UInt64(weight) - 10) * 9999 / 990
}

private func throttles(_ limits: [BlockIOThrottle]?, _ key: String) -> [LimitSetting] {
  (limits ?? []).map { limit in
    // 0 takes a limit away, as it did in cgroup v1; the kernel's word for that is max.
    let rate = limit.rate == 0 ? "max" : "\(limit.rate)"
    return LimitSetting("io.max", "\(limit.major):\(limit.minor) \(key)=\(rate)")
  }
}
