import Kernel

extension ControlGroup {
  /// Kills every process of the control group and of those below it with one write, but for those whose
  /// first thread has ended while others go on.
  ///
  /// The kernel sends the signal of cgroup.kill to first threads, and passes over one that ends (as of
  /// Linux 6.18).
  ///
  /// See: cgroup-v2.rst, "cgroup.kill", since Linux 5.14.
  package func kill() throws(CgroupError) {
    try wrapping { () throws(KernelError) in
      try Cgroups.write("1", to: "cgroup.kill", of: directory)
    }
  }

  /// Kills every process of the control group and of those below it.
  ///
  /// A signal to a process, as a pidfd sends it, reaches whoever is left of it. It is tried some more
  /// where processes whose first thread ends are made as fast as they are found.
  package func killEach() throws(CgroupError) {
    let rounds = 12
    for _ in 0..<rounds {
      try kill()
      var delivery = SignalDelivery(9)
      try signal(&delivery, effort: .some)
      if delivery.isComplete { return }
    }
  }

  /// The processes of the control group and of those below it, in no order.
  package func processes() throws(CgroupError) -> [Int32] {
    try wrapping { () throws(KernelError) in
      var list = try Self.ownProcesses(of: directory)
      try DirectoryTree.walk(
        below: directory,
        entering: { (group) throws(KernelError) in list += try Self.ownProcesses(of: group) }
      )
      return list
    }
  }

  private static func ownProcesses(
    of group: borrowing OwnedDescriptor,
  ) throws(KernelError) -> [Int32] {
    do throws(KernelError) {
      let text = try read("cgroup.procs", of: group)
      // 0 stands for a process that this pid namespace doesn't see.
      return controllerNames(in: text).compactMap { Int32($0) }.filter { $0 > 0 }
    } catch  where [.notSupported, .noDevice, .noEntry].contains(error.code) {
      // A threaded cgroup, whose processes are listed above it; or one that went meanwhile.
      return []
    }
  }

  /// Whether any process is left, below it too; zombies don't count.
  package func isPopulated() throws(CgroupError) -> Bool {
    try value(of: "populated")
  }

  /// Whether every process is stopped by the freezer.
  package func isFrozen() throws(CgroupError) -> Bool {
    try value(of: "frozen")
  }

  /// Stops every process, or lets them go on, and waits until that is so.
  ///
  /// - Throws: `timedOut`.
  package func setFrozen(_ isFrozen: Bool, withinMilliseconds limit: Int64) throws(CgroupError) {
    try wrapping { () throws(KernelError) in
      try Cgroups.write(isFrozen ? "1" : "0", to: "cgroup.freeze", of: directory)
    }
    guard try wait(for: "frozen", toBe: isFrozen, withinMilliseconds: limit) else {
      throw .timedOut(location.path, waitingFor: isFrozen ? "freezing" : "thawing")
    }
  }

  /// Waits until no process is left.
  ///
  /// - Returns: false when the time is over first.
  package func waitUntilEmpty(withinMilliseconds limit: Int64) throws(CgroupError) -> Bool {
    try wait(for: "populated", toBe: false, withinMilliseconds: limit)
  }

  private func value(of key: String) throws(CgroupError) -> Bool {
    do throws(KernelError) {
      return eventValue(of: key, in: try read("cgroup.events", of: directory))
    } catch  where [.noEntry, .noDevice].contains(error.code) {
      // The control group is gone.
      return false
    } catch {
      throw .kernel(error)
    }
  }

  /// See: cgroup-v2.rst, "cgroup.events": a change is a POLLPRI.
  private func wait(
    for key: String,
    toBe wanted: Bool,
    withinMilliseconds limit: Int64,
  ) throws(CgroupError) -> Bool {
    let end = Clock.monotonicMilliseconds + limit
    do throws(KernelError) {
      let events = try open(at: directory, "cgroup.events", [.readOnly, .noFollow], [.beneath])
      while true {
        // Reading comes first: it arms the notification, and what it says may be what is wanted.
        if eventValue(of: key, in: try events.readFromStart(upTo: 4096)) == wanted { return true }
        let left = end - Clock.monotonicMilliseconds
        guard left > 0 else { return false }
        _ = try events.wait(for: .changed, milliseconds: Int32(min(left, 1000)))
      }
    } catch  where [.noEntry, .noDevice].contains(error.code) {
      // The control group is gone, and its processes with it.
      return !wanted
    } catch {
      throw .kernel(error)
    }
  }
}

/// The value of a key in a file such as cgroup.events, which has 0 or 1.
func eventValue(of key: String, in text: [UInt8]) -> Bool {
  let words = controllerNames(in: text)
  guard let index = words.firstIndex(of: key), index + 1 < words.count else { return false }
  return words[index + 1] == "1"
}
