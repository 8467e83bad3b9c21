package import Kernel

/// Tells when the kernel kills processes of a control group for want of memory.
///
/// systemd takes a scope away with its last process, and what the kernel counted with it: what
/// happened last is then told by the control group above, which counts for all below it.
///
/// See: cgroup-v2.rst, "memory.events": a change is a POLLPRI.
package struct OutOfMemoryWatch: ~Copyable {
  private var own: OutOfMemoryCount
  private var above: OutOfMemoryCount?

  /// What to wait for.
  ///
  /// The control group above is looked at for what others in it do: it is none of ours as long as
  /// our own count says so.
  package var watches: [PollRequest] {
    switch above {
    case nil: [own.watch]
    case let above?: [own.watch, above.watch]
    }
  }

  private init(own: consuming OutOfMemoryCount, above: consuming OutOfMemoryCount?) {
    self.own = own
    self.above = above
  }

  /// Begins to count.
  ///
  /// - Returns: nil where the memory controller is not on.
  package static func begin(
    _ group: borrowing ControlGroup,
    in hierarchy: borrowing CgroupHierarchy,
  ) throws(CgroupError) -> OutOfMemoryWatch? {
    try wrapping { () throws(KernelError) in
      // Before our own: what is counted between the two must not look like the last of ours.
      let above = try OutOfMemoryCount.begin(above: group, in: hierarchy)
      guard let own = try OutOfMemoryCount.begin(group.directory) else { return nil }
      return OutOfMemoryWatch(own: own, above: above)
    }
  }

  /// Whether there have been any since the last look.
  ///
  /// - Returns: nil when the control group has gone, and nothing is left to be told.
  package mutating func hasHappened() throws(CgroupError) -> Bool? {
    do throws(KernelError) {
      let growth = try own.growth()
      let growthAbove = try above?.growth()
      if let growth { return growth }
      return growthAbove == true ? true : nil
    } catch {
      throw .kernel(error)
    }
  }
}

/// How many processes of a control group have been killed, and where the kernel says so.
private struct OutOfMemoryCount: ~Copyable {
  private let events: OwnedDescriptor
  private var count: UInt64

  var watch: PollRequest { PollRequest(events.raw, .changed) }

  private init(events: consuming OwnedDescriptor, count: UInt64) {
    self.events = events
    self.count = count
  }

  /// - Returns: nil where the memory controller is not on.
  static func begin(_ group: borrowing OwnedDescriptor) throws(KernelError) -> OutOfMemoryCount? {
    do throws(KernelError) {
      let events = try open(at: group, "memory.events", [.readOnly, .noFollow], [.beneath])
      let count = outOfMemoryKills(in: try events.readFromStart(upTo: 4096))
      return OutOfMemoryCount(events: events, count: count)
    } catch  where [.noEntry, .noDevice].contains(error.code) {
      return nil
    }
  }

  static func begin(
    above group: borrowing ControlGroup,
    in hierarchy: borrowing CgroupHierarchy,
  ) throws(KernelError) -> OutOfMemoryCount? {
    let depth = group.location.components.count - 1
    // The root counts nothing.
    guard depth > 0 else { return nil }
    do throws(KernelError) {
      return try begin(
        try openGroup(group.location.relativePath(through: depth), in: hierarchy.root)
      )
    } catch  where [.noEntry, .accessDenied].contains(error.code) {
      return nil
    }
  }

  /// Whether there are more than at the last look; nil when the control group has gone.
  mutating func growth() throws(KernelError) -> Bool? {
    do throws(KernelError) {
      // Reading arms the next notification.
      let now = outOfMemoryKills(in: try events.readFromStart(upTo: 4096))
      defer { count = now }
      return now > count
    } catch  where [.noEntry, .noDevice].contains(error.code) {
      return nil
    }
  }
}

/// How many processes were killed; before Linux 4.19 only how often memory was short is told.
func outOfMemoryKills(in text: [UInt8]) -> UInt64 {
  let events = counters(in: text)
  return events["oom_kill"] ?? events["oom"] ?? 0
}
