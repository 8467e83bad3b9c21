import Cgroups
package import JSON
import Kernel
package import State

/// What a container uses at this moment, as an event.
///
/// - Throws: `container not running`.
package func statisticsEvent(
  of id: ContainerID,
  on host: borrowing Host,
) throws(RuntimeError) -> JSONValue {
  let seen = try observe(id, on: host)
  guard seen.isAlive else { throw .notRunning("container not running") }
  return try statisticsEvent(seen.record, on: host)
}

/// Shows what a container uses at each interval, and each time that the kernel kills one of its
/// processes for want of memory, until the container has ended or nobody reads standard output.
///
/// - Throws: `container not running`.
package func watchEvents(
  of id: ContainerID,
  everyMilliseconds interval: Int64,
  on host: borrowing Host,
  show: (JSONValue) throws(RuntimeError) -> Void,
) throws(RuntimeError) {
  let seen = try observe(id, on: host)
  guard seen.isAlive, let process = try openInit(seen.record, on: host) else {
    throw .notRunning("container not running")
  }
  var memory: OutOfMemoryWatch?
  _ = try withControlGroup(of: seen.record, on: host) { (group, hierarchy) throws(CgroupError) in
    memory = try OutOfMemoryWatch.begin(group, in: hierarchy)
  }
  let outOfMemory: JSONValue = ["type": "oom", "id": .string(id.description)]
  let standardOutput: Int32 = 1
  var next = Clock.monotonicMilliseconds + interval
  while true {
    var watches = [PollRequest(process.raw, .readable), PollRequest(standardOutput, [])]
    switch memory {
    case nil: break
    case let memory?: watches += memory.watches
    }
    let left = Int32(clamping: max(0, next - Clock.monotonicMilliseconds))
    let ready = try about("events") { () throws(KernelError) in
      try DescriptorTable.wait(for: watches, milliseconds: left)
    }
    // An init that was killed for want of memory is reported before its end is.
    switch try withCgroups({ () throws(CgroupError) in try memory?.hasHappened() }) {
    case true?: try show(outOfMemory)
    case false?: break
    // Polling a file that has gone would never wait again.
    case nil: memory = nil
    }
    if ready[0] || ready[1] { return }
    guard Clock.monotonicMilliseconds >= next else { continue }
    try show(try statisticsEvent(seen.record, on: host))
    next = max(next + interval, Clock.monotonicMilliseconds)
  }
}

private func statisticsEvent(
  _ record: ContainerRecord,
  on host: borrowing Host,
) throws(RuntimeError) -> JSONValue {
  let statistics =
    try withControlGroup(of: record, on: host) { (group, _) throws(CgroupError) in
      try group.statistics()
    } ?? ControlGroupStatistics()
  return [
    "type": "stats", "id": .string(record.id.description), "data": statistics.document,
  ]
}
