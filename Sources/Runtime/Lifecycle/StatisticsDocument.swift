import Cgroups
import JSON

extension ControlGroupStatistics {
  /// The statistics by the names and in the order of `runc events`.
  ///
  /// What runc 1.5 always has is here too, and what it leaves out when it is zero is left out. runc
  /// before 1.4 always had some more: an empty `throttling`, and `kernel` and `kernelTCP` of memory,
  /// which cgroup v2 does not count, with zeroes. It has no counterpart of most of `cpuset` either;
  /// that is there with zeroes, as in every runc.
  var document: JSONValue {
    .object([
      .init("cpu", cpuDocument),
      .init("cpuset", cpusetDocument),
      .init("memory", memoryDocument),
      .init("pids", processesDocument),
      .init("blkio", deviceDocument),
      .init("hugetlb", hugePagesDocument),
      .init("intel_rdt", .object([])),
      // Interfaces are the caller's affair: runc has none to report either.
      .init("network_interfaces", .null),
    ])
  }

  private var cpuDocument: JSONValue {
    // The kernel counts microseconds; the document has nanoseconds.
    let throttling = JSONValue.object(present: [
      ("periods", nonzero(cpu.periods)),
      ("throttledPeriods", nonzero(cpu.throttledPeriods)),
      ("throttledTime", nonzero(nanoseconds(cpu.throttledTime))),
    ])
    return .object(present: [
      (
        "usage",
        .object(present: [
          ("total", nonzero(nanoseconds(cpu.total))),
          ("kernel", .unsigned(nanoseconds(cpu.system))),
          ("user", .unsigned(nanoseconds(cpu.user))),
        ])
      ),
      ("throttling", throttling == .object([]) ? nil : throttling),
      ("psi", pressure.cpu?.document),
    ])
  }

  private var cpusetDocument: JSONValue {
    let names = [
      "cpu_exclusive", "mem_hardwall", "mem_exclusive", "memory_migrate", "memory_spread_page",
      "memory_spread_slab", "memory_pressure", "sched_load_balance", "sched_relax_domain_level",
    ]
    return .object(names.map { .init($0, 0) })
  }

  private var memoryDocument: JSONValue {
    .object(present: [
      ("cache", nonzero(memory?.details["file"] ?? 0)),
      ("usage", memory.map(usageDocument)),
      ("swap", memory.map(swapDocument)),
      ("raw", memory.flatMap(detailsDocument)),
      ("psi", pressure.memory?.document),
    ])
  }

  private func usageDocument(_ memory: MemoryStatistics) -> JSONValue {
    .object(present: [
      ("limit", .unsigned(memory.memory.limit ?? .max)),
      ("usage", nonzero(memory.memory.current)),
      ("max", nonzero(memory.memory.peak ?? 0)),
      ("failcnt", .unsigned(memory.events["max"] ?? 0)),
    ])
  }

  /// Memory and swap in one, as cgroup v1 counts it; of that sum nobody knows the peak.
  private func swapDocument(_ memory: MemoryStatistics) -> JSONValue {
    // Where swap is not counted there is no more of it than nothing.
    let more = memory.swap.map { $0.limit ?? .max } ?? 0
    let (sum, isTooMuch) = (memory.memory.limit ?? .max).addingReportingOverflow(more)
    let current = memory.memory.current &+ (memory.swap?.current ?? 0)
    return .object(present: [
      ("limit", .unsigned(isTooMuch ? .max : sum)),
      ("usage", nonzero(current)),
      ("failcnt", 0),
    ])
  }

  private func detailsDocument(_ memory: MemoryStatistics) -> JSONValue? {
    guard !memory.details.isEmpty else { return nil }
    let sorted = memory.details.sorted { $0.key < $1.key }
    return .object(sorted.map { .init($0.key, .unsigned($0.value)) })
  }

  private var processesDocument: JSONValue {
    .object(present: [
      ("current", nonzero(processes.current)), ("limit", nonzero(processes.limit ?? 0)),
    ])
  }

  private var deviceDocument: JSONValue {
    .object(present: [
      ("ioServiceBytesRecursive", operations(read: "rbytes", write: "wbytes")),
      ("ioServicedRecursive", operations(read: "rios", write: "wios")),
      ("psi", pressure.io?.document),
    ])
  }

  /// What was read from and written to each device, as entries of their own.
  private func operations(read: String, write: String) -> JSONValue? {
    let entries = (devices ?? []).flatMap { device in
      [("Read", device.counters[read]), ("Write", device.counters[write])].compactMap {
        name,
        value in
        value.map { value in
          JSONValue.object(present: [
            ("major", nonzero(UInt64(device.major))),
            ("minor", nonzero(UInt64(device.minor))),
            ("op", .string(name)),
            ("value", nonzero(value)),
          ])
        }
      }
    }
    return entries.isEmpty ? nil : .array(entries)
  }

  private var hugePagesDocument: JSONValue {
    .object(
      hugePages.map { pages in
        .init(
          pages.size,
          .object(present: [
            ("usage", nonzero(pages.current)), ("failcnt", .unsigned(pages.failures)),
          ])
        )
      }
    )
  }
}

extension Pressure {
  fileprivate var document: JSONValue {
    .object(present: [("some", some.document), ("full", full.document)])
  }
}

extension Pressure.Share {
  fileprivate var document: JSONValue? {
    guard !isZero else { return nil }
    return [
      "avg10": .hundredths(average10),
      "avg60": .hundredths(average60),
      "avg300": .hundredths(average300),
      "total": .unsigned(total),
    ]
  }
}

private func nonzero(_ value: UInt64) -> JSONValue? {
  value == 0 ? nil : .unsigned(value)
}

private func nanoseconds(_ microseconds: UInt64) -> UInt64 {
  let (product, overflow) = microseconds.multipliedReportingOverflow(by: 1000)
  return overflow ? .max : product
}
