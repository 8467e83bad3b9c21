import Kernel

extension ControlGroup {
  /// Sends a signal to every process of the control group and of those below it, also to those that
  /// are just being made, while they go on.
  ///
  /// A process that has been sent a signal makes no child before it has taken it, fork(2) sees to
  /// that: so when nobody is found whom it was not sent to, it has reached all. Where they are made
  /// as fast as they are found it is not complete.
  package func signal(_ delivery: inout SignalDelivery, effort: SignalEffort) throws(CgroupError) {
    // A child is listed a moment after its parent's last look for signals: hence a second look.
    let looks = 2
    var looksInVain = 0
    for _ in 0..<effort.rawValue {
      let new = try processes().filter { !delivery.reached.contains($0) }
      looksInVain = new.isEmpty ? looksInVain + 1 : 0
      delivery.isComplete = looksInVain == looks
      if delivery.isComplete { return }
      for start in stride(from: 0, to: new.count, by: SignalDelivery.mostAtOnce) {
        let end = min(start + SignalDelivery.mostAtOnce, new.count)
        try deliver(&delivery, to: new[start..<end])
      }
    }
  }

  /// Sends a signal to those whom it has not reached yet while all are frozen, unless they can't be,
  /// and thaws them.
  package func signalStopped(_ delivery: inout SignalDelivery) throws(CgroupError) {
    let result: Result<Void, CgroupError>
    do throws(CgroupError) {
      try stopForSignal()
      result = .success(try signal(&delivery, effort: .utmost))
    } catch {
      result = .failure(error)
    }
    // Not waited for: the signal is what they go on to.
    try wrapping { () throws(KernelError) in
      do throws(KernelError) {
        try Cgroups.write("0", to: "cgroup.freeze", of: directory)
      } catch  where unfreezable.contains(error.code) {
        // It was not frozen either.
      }
    }
    try result.get()
  }

  private func stopForSignal() throws(CgroupError) {
    let aMoment: Int64 = 1000
    do throws(CgroupError) {
      try setFrozen(true, withinMilliseconds: aMoment)
    } catch .timedOut {
      // Who waits in the kernel does not fork.
    } catch .kernel(let error) where unfreezable.contains(error.code) {
      // The caller may not.
    }
  }

  /// Sends the signal to those of a few that are still here once they are held: the number of one
  /// that has ended may have become that of a process elsewhere.
  private func deliver(
    _ delivery: inout SignalDelivery,
    to pids: ArraySlice<Int32>,
  ) throws(CgroupError) {
    var held: [HeldProcess] = []
    for pid in pids {
      if let process = try wrapping({ () throws(KernelError) in try HeldProcess(pid) }) {
        held.append(process)
      }
    }
    let present = Set(try processes())
    for process in held where present.contains(process.pid) {
      try wrapping { () throws(KernelError) in
        do throws(KernelError) {
          try Process.signal(process.descriptor, delivery.signal)
        } catch  where error.code == .noProcess {
          // It has ended meanwhile.
        }
      }
      delivery.reached.insert(process.pid)
    }
  }
}

/// A signal on its way to everybody.
package struct SignalDelivery {
  package let signal: Int32
  fileprivate var reached: Set<Int32> = []
  /// Whether nobody is left whom it was not sent to.
  package fileprivate(set) var isComplete = false

  package init(_ signal: Int32) { self.signal = signal }

  /// Whether there was anybody.
  package var hasReachedAny: Bool { !reached.isEmpty }

  /// So many descriptors are always to be had, and one look at the list for so many costs little.
  fileprivate static let mostAtOnce = 64
}

/// How many times the list of processes is looked at for new ones.
package enum SignalEffort: Int {
  /// Who is at rest, or ends, is reached with this.
  case some = 8
  /// Whoever makes processes faster than they can be listed ends this by its sheer number.
  case utmost = 100
}

/// A process that keeps its identity while this lives.
///
/// A class, because an array takes no descriptors.
private final class HeldProcess {
  let pid: Int32
  let descriptor: OwnedDescriptor

  /// - Returns: nil for a process that has ended.
  init?(_ pid: Int32) throws(KernelError) {
    self.pid = pid
    do throws(KernelError) {
      descriptor = try Process.open(pid)
    } catch  where error.code == .noProcess {
      return nil
    }
  }
}

/// What the kernel answers who may not freeze a control group: one that is gone, or somebody else's.
private let unfreezable: [ErrorNumber] = [
  .noEntry, .noDevice, .permission, .accessDenied, .readOnly,
]
