import Cgroups
import Kernel
package import State

/// Stops every process of a container, started or not, until it is resumed.
///
/// It is paused when this returns; when a process can't be stopped the error names it, and all go on.
///
/// See: cgroup-v2.rst, "cgroup.freeze".
///
/// - Throws: `container not running` for one that is paused already too, as runc does.
package func pause(_ id: ContainerID, on host: borrowing Host) throws(RuntimeError) {
  let directory = try lockedContainer(id, on: host)
  guard let seen = try observe(directory, on: host) else { throw .state(.doesNotExist(id)) }
  guard seen.status != .paused else { throw .wrongStatus("container not running: it is paused") }
  guard seen.isAlive else { throw .notRunning("container not running") }
  let isDone: Void? = try withControlGroup(of: seen.record, on: host) {
    (group, _) throws(CgroupError) in
    try group.freeze(host.processes, withinMilliseconds: patienceWithLock)
  }
  // A control group without processes counts as frozen: init may have ended meanwhile.
  guard try observe(directory, on: host)?.isAlive == true else {
    throw .notRunning("container not running")
  }
  guard isDone != nil else {
    throw .refused("container \(id) has no cgroup, and can't be paused without one")
  }
}

/// Lets the processes of a paused container go on.
///
/// One that is being paused, by a command that was killed at it, is resumed too.
///
/// - Throws: `container not paused`.
package func resume(_ id: ContainerID, on host: borrowing Host) throws(RuntimeError) {
  let isStopped = try withState { () throws(StateError) in
    try ContainerDirectory.existing(id, in: host.root).isStoppedForSignal()
  }
  let directory = try lockedContainer(id, on: host)
  guard let seen = try observe(directory, on: host) else { throw .state(.doesNotExist(id)) }
  let isResumed =
    try withControlGroup(of: seen.record, on: host) { (group, _) throws(CgroupError) in
      let (isWanted, isDone) = (try group.isFreezing(), try group.isFrozen())
      guard seen.isAlive, isWanted || isDone else { return false }
      try group.setFrozen(false, withinMilliseconds: patienceWithLock)
      return true
    }
  // Whom a kill had frozen the lock has brought with it that they go on.
  guard isResumed == true || isStopped && seen.isAlive else {
    throw .wrongStatus("container not paused")
  }
}
