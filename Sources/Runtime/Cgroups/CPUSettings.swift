import Kernel
import RuntimeSpec

/// What to write for CPU limits.
///
/// Spec: config-linux.md, "CPU". See: cgroup-v2.rst, "CPU Interface Files", "Cpuset".
func cpuSettings(_ cpu: CPULimits) -> [LimitSetting] {
  var settings: [LimitSetting] = []
  if let idle = cpu.idle {
    settings.append(LimitSetting("cpu.idle", "\(idle)", isInitial: idle == 0))
  }
  // After cpu.idle: its end sets the weight to the default, and an idle group takes none.
  if cpu.idle != 1, let weight = cpuWeight(ofShares: cpu.shares ?? 0) {
    settings.append(LimitSetting("cpu.weight", "\(weight)"))
  }
  if let burst = cpu.burst {
    var setting = LimitSetting("cpu.max.burst", "\(burst)", isInitial: burst == 0)
    // The burst may not exceed the quota, nor the quota shrink below the burst: before, as that is
    // right when both shrink, and once more after where the kernel refused it.
    setting.mayComeTooEarly = true
    settings.append(setting)
  }
  let (quota, period) = (cpu.quota ?? 0, cpu.period ?? 0)
  if quota != 0 || period != 0 {
    let text = "\(quota > 0 ? "\(quota)" : "max") \(period == 0 ? 100_000 : period)"
    settings.append(LimitSetting("cpu.max", text, isInitial: text == "max 100000"))
  }
  if let cpus = cpu.cpus, !cpus.isEmpty { settings.append(LimitSetting("cpuset.cpus", cpus)) }
  if let mems = cpu.mems, !mems.isEmpty { settings.append(LimitSetting("cpuset.mems", mems)) }
  return settings
}

/// The weight from 1 to 10,000 for shares from 2 to 262,144; nil where shares are not set.
///
/// A quadratic in the logarithm that maps the ends onto each other, and the default of 1024 to that
/// of 100, as the other runtimes do it.
func cpuWeight(ofShares shares: UInt64) -> UInt64? {
  if shares == 0 { return nil }
  if shares <= 2 { return 1 }
  if shares >= 262_144 { return 10_000 }
  let logarithm = Mathematics.log2(Double(shares))
  let exponent = (logarithm * logarithm + 125 * logarithm) / 612 - 7.0 / 34.0
  return UInt64(Mathematics.power(10, exponent).rounded(.up))
}
