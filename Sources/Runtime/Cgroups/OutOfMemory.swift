package import Kernel

/// Tells when the kernel kills processes of a control group for want of memory.
///
/// See: cgroup-v2.rst, "memory.events": a change is a POLLPRI.
package struct OutOfMemoryWatch: ~Copyable {
  private let events: OwnedDescriptor
  private var count: UInt64

  /// What to wait for.
  package var watch: PollRequest { PollRequest(events.raw, .changed) }

  private init(events: consuming OwnedDescriptor, count: UInt64) {
    self.events = events
    self.count = count
  }

  /// Begins to count.
  ///
  /// - Returns: nil where the memory controller is not on.
  package static func begin(
    _ group: borrowing ControlGroup,
  ) throws(CgroupError) -> OutOfMemoryWatch? {
    do throws(KernelError) {
      let events = try open(
        at: group.directory,
        "memory.events",
        [.readOnly, .noFollow],
        [.beneath],
      )
      let count = outOfMemoryKills(in: try events.readFromStart(upTo: 4096))
      return OutOfMemoryWatch(events: events, count: count)
    } catch  where [.noEntry, .noDevice].contains(error.code) {
      return nil
    } catch {
      throw .kernel(error)
    }
  }

  /// Whether there have been any since the last look.
  ///
  /// - Returns: nil when the control group has gone.
  package mutating func hasHappened() throws(CgroupError) -> Bool? {
    do throws(KernelError) {
      // Reading arms the next notification.
      let now = outOfMemoryKills(in: try events.readFromStart(upTo: 4096))
      defer { count = now }
      return now > count
    } catch  where [.noEntry, .noDevice].contains(error.code) {
      return nil
    } catch {
      throw .kernel(error)
    }
  }
}

/// How many processes were killed; before Linux 4.19 only how often memory was short is told.
func outOfMemoryKills(in text: [UInt8]) -> UInt64 {
  let events = counters(in: text)
  return events["oom_kill"] ?? events["oom"] ?? 0
}
