import Lifecycle
import State

/// What the containers can be sorted by.
enum UsageColumn: String, CaseIterable, Sendable {
  case cpu, memory, io, pids, id

  /// The column that a key of the keyboard stands for.
  init?(key: UInt8) {
    switch key {
    case UInt8(ascii: "c"): self = .cpu
    case UInt8(ascii: "m"): self = .memory
    case UInt8(ascii: "i"): self = .io
    case UInt8(ascii: "p"): self = .pids
    case UInt8(ascii: "n"): self = .id
    default: return nil
    }
  }
}

/// A container's line: amounts of a moment, and rates since an earlier one.
struct UsageRow: Equatable, Sendable {
  let usage: ContainerUsage
  /// Of one processor, in hundredths of a per cent; nil without an earlier moment.
  let cpu: UInt64?
  /// Bytes a second; nil without an earlier moment, or where nobody counts.
  let readRate: UInt64?
  let writeRate: UInt64?

  /// Compares a container with what it was at an earlier moment.
  init(_ usage: ContainerUsage, since before: ContainerUsage?) {
    self.usage = usage
    guard let before, before.pid == usage.pid, usage.milliseconds > before.milliseconds else {
      (cpu, readRate, writeRate) = (nil, nil, nil)
      return
    }
    let elapsed = UInt64(usage.milliseconds - before.milliseconds)
    // Microseconds a millisecond, times 10: hundredths of a per cent.
    cpu = perTime(usage.cpu, before.cpu, times: 10, elapsed)
    readRate = rate(usage.readBytes, before.readBytes, elapsed)
    writeRate = rate(usage.writtenBytes, before.writtenBytes, elapsed)
  }
}

private func rate(_ now: UInt64?, _ before: UInt64?, _ milliseconds: UInt64) -> UInt64? {
  guard let now, let before else { return nil }
  return perTime(now, before, times: 1000, milliseconds)
}

/// A counter that has been set back has not moved.
private func perTime(
  _ now: UInt64,
  _ before: UInt64,
  times factor: UInt64,
  _ elapsed: UInt64,
) -> UInt64 {
  guard now > before else { return 0 }
  let (product, overflow) = (now - before).multipliedReportingOverflow(by: factor)
  return overflow ? (now - before) / elapsed * factor : product / elapsed
}

/// The lines of all containers, those first that use most; equals by name.
func usageRows(
  _ usages: [ContainerUsage],
  since before: [ContainerUsage],
  sortedBy column: UsageColumn,
) -> [UsageRow] {
  let earlier = Dictionary(before.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
  return usages.map { UsageRow($0, since: earlier[$0.id]) }.sorted { left, right in
    let (a, b) = (left.weight(in: column), right.weight(in: column))
    return a == b ? left.usage.id.description < right.usage.id.description : a > b
  }
}

extension UsageRow {
  fileprivate func weight(in column: UsageColumn) -> UInt64 {
    switch column {
    case .cpu: cpu ?? 0
    case .memory: usage.memory ?? 0
    case .io: (readRate ?? 0) &+ (writeRate ?? 0)
    case .pids: usage.processes
    case .id: 0
    }
  }
}
