internal import JSON

/// A change of the resources of a container that exists.
package struct ResourceUpdate: Equatable, Sendable {
  /// What is to be written: the request, and what can't be written without its counterpart.
  package var change: Resources
  /// All that holds once it is written.
  package var result: Resources

  /// What a request is combined with, as the control group itself says it: anybody may have
  /// changed it since the record was written.
  package struct Written: Equatable, Sendable {
    /// Bytes; -1 for no limit.
    package var memory: Int64?
    /// Microseconds; -1 for no quota.
    package var quota: Int64?
    package var period: UInt64?

    package init(memory: Int64?, quota: Int64?, period: UInt64?) {
      self.memory = memory
      self.quota = quota
      self.period = period
    }
  }

  /// Decides what a request changes: what it leaves out, or has as 0, stays as it is.
  ///
  /// Memory and swap are counted together in a configuration and apart by the kernel: a new memory
  /// limit alone leaves the swap limit be, a new sum alone belongs to the memory limit that holds.
  ///
  /// Spec: runtime.md knows no update; the semantics are those of runc's.
  package init(_ request: Resources, to current: Resources, _ written: Written) {
    change = request.withoutZeros
    change.memory?.completeSwap(written)
    change.cpu?.completeQuota(current.cpu, written)
    change.cpu?.completeWeight(current.cpu)
    result = current.overlaid(by: change)
    if let limit = change.memory?.limit, change.memory?.swap == nil {
      result.memory?.swap = sumOfSwap(current.memory, newLimit: limit)
    }
  }
}

extension Resources {
  /// Decodes the document that an update is asked for with.
  ///
  /// - Throws: when the text is no JSON, or a property has another type or range than the
  ///   specification says.
  package init(parsing bytes: [UInt8]) throws(ConfigurationError) {
    let document: JSONDocument
    do {
      document = try JSONDocument(parsing: bytes)
    } catch {
      throw ConfigurationError(error)
    }
    try self.init(Section(document.root, "config-linux.md, \"Control groups\""))
  }

  /// Takes a limit of 0 processes for none, as documents before 1.3 mean it.
  ///
  /// podman 4 writes 0 for an unlimited container. Since 1.3 a limit of 0 is a real one.
  ///
  /// Spec: config-linux.md, "PIDs".
  package mutating func dropZeroPidsLimit(ociVersion: String) {
    if let version = SemanticVersion(ociVersion) { dropZeroPidsLimit(ociVersion: version) }
  }

  mutating func dropZeroPidsLimit(ociVersion: SemanticVersion) {
    if ociVersion.minor < 3, pids?.limit == 0 { pids = nil }
  }

  /// Without the values that Go programs write for "not set".
  fileprivate var withoutZeros: Resources {
    var kept = self
    if kept.devices?.isEmpty == true { kept.devices = nil }
    kept.memory?.dropZeros()
    kept.cpu?.dropZeros()
    if kept.blockIO?.weight == 0 { kept.blockIO?.weight = nil }
    return kept
  }

  /// With the values of another one in the place of these, wherever it has any.
  fileprivate func overlaid(by other: Resources) -> Resources {
    var result = self
    result.devices = other.devices ?? devices
    if let limits = other.memory { result.memory = (memory ?? MemoryLimits()).overlaid(by: limits) }
    if let limits = other.cpu { result.cpu = (cpu ?? CPULimits()).overlaid(by: limits) }
    if let limits = other.blockIO {
      result.blockIO = (blockIO ?? BlockIOLimits()).overlaid(by: limits)
    }
    if other.pids?.limit != nil { result.pids = other.pids }
    result.hugepageLimits = overlay(hugepageLimits, other.hugepageLimits) { $0.pageSize }
    result.rdma = overlay(rdma, other.rdma) { $0.device }
    result.unified = overlay(unified, other.unified) { $0.file }
    return result
  }
}

/// A list with the elements of another one in the place of those with the same key.
private func overlay<Element, Key: Equatable>(
  _ list: [Element]?,
  _ other: [Element]?,
  by key: (Element) -> Key,
) -> [Element]? {
  guard let other, !other.isEmpty else { return list }
  let keys = other.map(key)
  return (list ?? []).filter { !keys.contains(key($0)) } + other
}

/// The sum of memory and swap that holds when the memory limit alone has changed.
private func sumOfSwap(_ current: MemoryLimits?, newLimit: Int64) -> Int64? {
  guard newLimit > 0 else { return -1 }
  guard let sum = current?.swap, let limit = current?.limit, sum > 0, limit > 0 else {
    return current?.swap
  }
  let (total, overflow) = newLimit.addingReportingOverflow(sum - limit)
  return overflow ? -1 : total
}

extension MemoryLimits {
  fileprivate mutating func dropZeros() {
    if limit == 0 { limit = nil }
    if reservation == 0 { reservation = nil }
    if swap == 0 { swap = nil }
  }

  fileprivate mutating func completeSwap(_ written: ResourceUpdate.Written) {
    if limit == nil, (swap ?? -1) != -1 { limit = written.memory }
  }

  fileprivate func overlaid(by other: MemoryLimits) -> MemoryLimits {
    var result = self
    result.limit = other.limit ?? limit
    result.reservation = other.reservation ?? reservation
    result.swap = other.swap ?? swap
    result.checkBeforeUpdate = other.checkBeforeUpdate ?? checkBeforeUpdate
    return result
  }
}

extension CPULimits {
  fileprivate mutating func dropZeros() {
    if shares == 0 { shares = nil }
    if quota == 0 { quota = nil }
    if period == 0 { period = nil }
    if cpus == "" { cpus = nil }
    if mems == "" { mems = nil }
  }

  /// The kernel takes quota and period together.
  fileprivate mutating func completeQuota(
    _ current: CPULimits?,
    _ written: ResourceUpdate.Written,
  ) {
    guard quota != nil || period != nil else { return }
    quota = quota ?? written.quota ?? current?.quota
    period = period ?? written.period ?? current?.period
  }

  /// The kernel forgets the weight of a group that becomes idle, and refuses one while it is.
  ///
  /// See: cgroup-v2.rst, "cpu.idle".
  fileprivate mutating func completeWeight(_ current: CPULimits?) {
    if idle == 0, shares == nil { shares = current?.shares }
    if shares != nil, idle == nil, current?.idle == 1 { idle = 1 }
  }

  fileprivate func overlaid(by other: CPULimits) -> CPULimits {
    var result = self
    result.shares = other.shares ?? shares
    result.quota = other.quota ?? quota
    result.burst = other.burst ?? burst
    result.period = other.period ?? period
    result.cpus = other.cpus ?? cpus
    result.mems = other.mems ?? mems
    result.idle = other.idle ?? idle
    return result
  }
}

extension BlockIOLimits {
  fileprivate func overlaid(by other: BlockIOLimits) -> BlockIOLimits {
    var result = self
    result.weight = other.weight ?? weight
    result.weightDevice = overlay(weightDevice, other.weightDevice) { [$0.major, $0.minor] }
    result.throttleReadBpsDevice = overlay(throttleReadBpsDevice, other.throttleReadBpsDevice) {
      [$0.major, $0.minor]
    }
    result.throttleWriteBpsDevice = overlay(throttleWriteBpsDevice, other.throttleWriteBpsDevice) {
      [$0.major, $0.minor]
    }
    result.throttleReadIOPSDevice = overlay(throttleReadIOPSDevice, other.throttleReadIOPSDevice) {
      [$0.major, $0.minor]
    }
    result.throttleWriteIOPSDevice = overlay(
      throttleWriteIOPSDevice,
      other.throttleWriteIOPSDevice,
    ) { [$0.major, $0.minor] }
    return result
  }
}
