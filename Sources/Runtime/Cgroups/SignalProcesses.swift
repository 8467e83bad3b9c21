import Kernel

extension ControlGroup {
  /// Sends a signal to every process of the control group and of those below it, also to those that
  /// are just being made.
  ///
  /// A process that has been sent a signal makes no child before it has taken it, fork(2) sees to
  /// that: so when nobody is found whom it was not sent to, it has reached all. Only where they are
  /// made as fast as they are found they are frozen meanwhile, if `standingStill` and unless they
  /// are already; whoever can't be is no reason not to send it.
  ///
  /// - Returns: whether there was any process.
  package func signal(_ signal: Int32, standingStill: Bool) throws(CgroupError) -> Bool {
    var delivery = Delivery(signal: signal)
    // Most are at rest after the first: nobody's death can leave those frozen whom it did not freeze.
    let roundsOnTheMove = 8
    // Whoever makes processes faster than they can be listed ends this by its sheer number.
    let mostRounds = 100
    if try deliver(&delivery, rounds: roundsOnTheMove) { return !delivery.reached.isEmpty }
    if standingStill, try !isFreezing() {
      try whileStopped { () throws(CgroupError) in
        _ = try deliver(&delivery, rounds: mostRounds)
      }
    } else {
      _ = try deliver(&delivery, rounds: mostRounds)
    }
    return !delivery.reached.isEmpty
  }

  private func whileStopped(_ body: () throws(CgroupError) -> Void) throws(CgroupError) {
    let result: Result<Void, CgroupError>
    do throws(CgroupError) {
      try stopForSignal()
      result = .success(try body())
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

  /// Sends the signal to whoever has not got it, over and over, until nobody is left.
  ///
  /// - Returns: whether that was so within so many rounds.
  private func deliver(_ delivery: inout Delivery, rounds: Int) throws(CgroupError) -> Bool {
    // A child is listed a moment after its parent's last look for signals: hence a second look.
    let looks = 2
    var looksInVain = 0
    for _ in 0..<rounds {
      let new = try processes().filter { !delivery.reached.contains($0) }
      looksInVain = new.isEmpty ? looksInVain + 1 : 0
      if looksInVain == looks { return true }
      for start in stride(from: 0, to: new.count, by: Delivery.mostAtOnce) {
        try deliver(&delivery, to: new[start..<min(start + Delivery.mostAtOnce, new.count)])
      }
    }
    return false
  }

  /// Sends the signal to those of a few that are still here once they are held: the number of one
  /// that has ended may have become that of a process elsewhere.
  private func deliver(
    _ delivery: inout Delivery,
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
private struct Delivery {
  let signal: Int32
  var reached: Set<Int32> = []

  /// So many descriptors are always to be had, and one look at the list for so many costs little.
  static let mostAtOnce = 64
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
