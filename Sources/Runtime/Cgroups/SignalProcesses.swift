import Kernel

extension ControlGroup {
  /// Sends a signal to every process of the control group and of those below it, also to those that
  /// are just being made.
  ///
  /// They are frozen meanwhile if `standingStill`, unless they are already; whoever can't be is no
  /// reason not to send it. A process that has been sent a signal makes no child before it has taken
  /// it, fork(2) sees to that: so when nobody is found whom it was not sent to, it has reached all.
  ///
  /// - Returns: whether there was any process.
  package func signal(_ signal: Int32, standingStill: Bool) throws(CgroupError) -> Bool {
    guard standingStill, try !isFreezing() else { return try signalUntilAllHaveIt(signal) }
    let result: Result<Bool, CgroupError>
    do throws(CgroupError) {
      try stopForSignal()
      result = .success(try signalUntilAllHaveIt(signal))
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
    return try result.get()
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

  private func signalUntilAllHaveIt(_ signal: Int32) throws(CgroupError) -> Bool {
    var reached: Set<Int32> = []
    // Whoever makes processes faster than they can be listed ends this by its sheer number.
    let mostRounds = 100
    for _ in 0..<mostRounds {
      let new = try processes().filter { !reached.contains($0) }
      if new.isEmpty { break }
      for pid in new { try wrapping { () throws(KernelError) in try send(signal, to: pid) } }
      reached.formUnion(new)
    }
    return !reached.isEmpty
  }

  private func send(_ signal: Int32, to pid: Int32) throws(KernelError) {
    do throws(KernelError) {
      try Process.signal(try Process.open(pid), signal)
    } catch  where error.code == .noProcess {
      // It has ended meanwhile.
    }
  }
}

/// What the kernel answers who may not freeze a control group: one that is gone, or somebody else's.
private let unfreezable: [ErrorNumber] = [
  .noEntry, .noDevice, .permission, .accessDenied, .readOnly,
]
