import RuntimeSpec

/// What to write for memory limits, swap first.
///
/// Spec: config-linux.md, "Memory". See: cgroup-v2.rst, "Memory Interface Files".
func memorySettings(_ memory: MemoryLimits) throws(CgroupError) -> [LimitSetting] {
  var settings: [LimitSetting] = []
  // Swap before memory: a container that is over its new limit must not escape into swap.
  if let swap = try swapText(limit: memory.limit ?? 0, swap: memory.swap) {
    // A kernel without swap accounting has no file, and a container on it no swap of its own.
    settings.append(
      LimitSetting(
        "memory.swap.max",
        swap,
        isInitial: swap == "max",
        acceptsAbsence: swap == "max" || swap == "0",
      )
    )
  }
  if let limit = try amountText(memory.limit, "memory.limit") {
    settings.append(LimitSetting("memory.max", limit, isInitial: limit == "max"))
  }
  if let reservation = try amountText(memory.reservation, "memory.reservation") {
    settings.append(LimitSetting("memory.low", reservation))
  }
  return settings
}

/// The limit on swap alone, out of the one on memory and swap together; nil where it is not set.
func swapText(limit: Int64, swap: Int64?) throws(CgroupError) -> String? {
  let name = "memory.swap"
  guard let swap, swap != 0 else { return limit == -1 ? "max" : nil }
  if swap == -1 { return "max" }
  guard swap > 0 else { throw .invalidLimit(name, reason: "\(swap) is no amount: use -1 for none") }
  // Of what has no limit nothing is to be taken away.
  if limit == -1 { return "\(swap)" }
  guard limit > 0 else {
    throw .invalidLimit(name, reason: "it counts memory too, so memory.limit must be set with it")
  }
  guard swap >= limit else {
    throw .invalidLimit(
      name,
      reason: "\(swap) is below memory.limit (\(limit)), which it counts too"
    )
  }
  return "\(swap - limit)"
}

private func amountText(_ amount: Int64?, _ name: String) throws(CgroupError) -> String? {
  guard let amount, amount != 0 else { return nil }
  if amount == -1 { return "max" }
  guard amount > 0 else {
    throw .invalidLimit(name, reason: "\(amount) is no amount: use -1 for no limit")
  }
  return "\(amount)"
}
