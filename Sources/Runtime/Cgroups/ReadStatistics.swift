import Kernel

extension ControlGroup {
  /// Reads what the control group has used, each file once, and none of a controller that is not on.
  ///
  /// A control group that goes meanwhile has used nothing.
  package func statistics() throws(CgroupError) -> ControlGroupStatistics {
    var result = ControlGroupStatistics()
    let controllers = controllerNames(in: try optional("cgroup.controllers") ?? [])
    result.cpu = CPUStatistics(parsing: try optional("cpu.stat") ?? [])
    if controllers.contains("memory") { result.memory = try memoryStatistics() }
    if controllers.contains("io") {
      result.devices = deviceStatistics(in: try optional("io.stat") ?? [])
    }
    result.processes =
      controllers.contains("pids")
      ? ProcessStatistics(
        current: try number("pids.current") ?? 0,
        limit: try number("pids.max")
      )
      : ProcessStatistics(current: UInt64(try countProcesses()))
    if controllers.contains("hugetlb") { result.hugePages = try hugePageStatistics() }
    result.pressure = PressureStatistics(
      cpu: try optional("cpu.pressure").map(Pressure.init(parsing:)),
      memory: try optional("memory.pressure").map(Pressure.init(parsing:)),
      io: try optional("io.pressure").map(Pressure.init(parsing:))
    )
    return result
  }

  private func memoryStatistics() throws(CgroupError) -> MemoryStatistics {
    MemoryStatistics(
      memory: try memoryAmount("memory") ?? MemoryAmount(),
      swap: try memoryAmount("memory.swap"),
      details: counters(in: try optional("memory.stat") ?? []),
      events: counters(in: try optional("memory.events") ?? []),
    )
  }

  private func memoryAmount(_ prefix: String) throws(CgroupError) -> MemoryAmount? {
    guard let current = try number("\(prefix).current") else { return nil }
    return MemoryAmount(
      current: current,
      peak: try number("\(prefix).peak"),
      limit: try number("\(prefix).max"),
    )
  }

  private func countProcesses() throws(CgroupError) -> Int {
    do throws(CgroupError) {
      return try processes().count
    } catch .kernel(let error) where error.isOfGroupGone {
      return 0
    }
  }

  /// The sizes of pages are those that there are files for.
  private func hugePageStatistics() throws(CgroupError) -> [HugePageStatistics] {
    var list: [HugePageStatistics] = []
    let names = try wrapping { () throws(KernelError) in try Directory.names(in: directory) }
    for size in hugePageSizes(in: names) {
      // What is reserved counts, as it can't be had by others; before Linux 5.7 nobody tells.
      let reserved = try number("hugetlb.\(size).rsvd.current")
      let used = try number("hugetlb.\(size).current")
      guard let current = reserved ?? used else { continue }
      let events = counters(in: try optional("hugetlb.\(size).events") ?? [])
      list.append(
        HugePageStatistics(size: size, current: current, failures: events["max"] ?? 0)
      )
    }
    return list
  }

  /// Nil where there is no such file, or `max` in it.
  private func number(_ file: String) throws(CgroupError) -> UInt64? {
    try optional(file).flatMap(singleNumber(in:))
  }

  /// A file's content; nil where the kernel does not have it, or the control group has gone.
  private func optional(_ file: String) throws(CgroupError) -> [UInt8]? {
    do throws(KernelError) {
      return try read(file, of: directory)
    } catch  where error.isOfGroupGone || error.code == .notSupported {
      // EOPNOTSUPP: pressure is built in, but switched off at boot.
      return nil
    } catch {
      throw .kernel(error)
    }
  }
}

/// `2MB` of `hugetlb.2MB.current`, sorted.
func hugePageSizes(in names: [String]) -> [String] {
  let sizes = names.compactMap { name -> String? in
    let parts = name.split(separator: ".")
    guard parts.count == 3, parts[0] == "hugetlb", parts[2] == "current" else { return nil }
    return String(parts[1])
  }
  return sizes.sorted()
}

extension KernelError {
  /// Whether a file of a control group is not there (any more).
  fileprivate var isOfGroupGone: Bool {
    [.noEntry, .noDevice].contains(code)
  }
}
