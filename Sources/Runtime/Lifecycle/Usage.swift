import Cgroups
import Kernel
package import State

/// What a container uses, as counters and amounts of one moment.
package struct ContainerUsage: Equatable, Sendable {
  package var id: ContainerID
  package var status: ContainerStatus
  package var pid: Int32
  /// When this was read, by a clock that nobody sets.
  package var milliseconds: Int64
  /// Processor time since the beginning, in microseconds.
  package var cpu: UInt64
  /// In bytes; nil where nobody counts.
  package var memory: UInt64?
  /// In bytes; nil for none.
  package var memoryLimit: UInt64?
  /// Read from and written to block devices since the beginning, in bytes; nil where nobody counts.
  package var readBytes: UInt64?
  package var writtenBytes: UInt64?
  package var processes: UInt64
  package var processLimit: UInt64?
  /// Per cent of the last ten seconds that some process waited, in hundredths; nil where the kernel
  /// does not tell.
  package var cpuPressure: UInt64?
  package var memoryPressure: UInt64?
  package var ioPressure: UInt64?

  /// Memberwise, for tests and tables.
  package init(id: ContainerID, status: ContainerStatus, pid: Int32, milliseconds: Int64) {
    self.id = id
    self.status = status
    self.pid = pid
    self.milliseconds = milliseconds
    self.cpu = 0
    self.processes = 0
  }
}

/// What every container that has not stopped uses, sorted by id.
///
/// One that is being made or deleted is left out; one that can't be read is a warning.
package func usages(on host: borrowing Host) throws(RuntimeError) -> [ContainerUsage] {
  var list: [ContainerUsage] = []
  for id in try withState({ () throws(StateError) in try host.root.containers() }) {
    do throws(RuntimeError) {
      if let usage = try usage(of: id, on: host) { list.append(usage) }
    } catch .state(.doesNotExist) {
      continue
    } catch {
      host.warn("container \(id) is not shown: \(error)")
    }
  }
  return list
}

/// Nil for a container that has stopped.
private func usage(
  of id: ContainerID,
  on host: borrowing Host,
) throws(RuntimeError) -> ContainerUsage? {
  let seen = try observe(id, on: host)
  guard seen.isAlive, let process = seen.record.initProcess else { return nil }
  var usage = ContainerUsage(
    id: id,
    status: seen.status,
    pid: process.pid,
    milliseconds: Clock.monotonicMilliseconds
  )
  let statistics = try withControlGroup(of: seen.record, on: host) {
    (group, _) throws(CgroupError) in
    try group.statistics()
  }
  if let statistics { usage.take(statistics) }
  return usage
}

extension ContainerUsage {
  fileprivate mutating func take(_ statistics: ControlGroupStatistics) {
    cpu = statistics.cpu.total
    memory = statistics.memory?.memory.current
    memoryLimit = statistics.memory?.memory.limit
    readBytes = statistics.devices?.total(of: "rbytes")
    writtenBytes = statistics.devices?.total(of: "wbytes")
    processes = statistics.processes.current
    processLimit = statistics.processes.limit
    cpuPressure = statistics.pressure.cpu?.some.average10
    memoryPressure = statistics.pressure.memory?.some.average10
    ioPressure = statistics.pressure.io?.some.average10
  }
}

extension [DeviceStatistics] {
  /// A counter of all devices together.
  fileprivate func total(of key: String) -> UInt64 {
    reduce(0) { $0 &+ ($1.counters[key] ?? 0) }
  }
}
