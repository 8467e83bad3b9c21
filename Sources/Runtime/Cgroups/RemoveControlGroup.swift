import Kernel

extension ControlGroup {
  /// Removes the control group, if nobody and nothing is in it, and those above it that were made for it.
  ///
  /// - Returns: whether it has gone.
  package func removeIfUnused(
    from hierarchy: borrowing CgroupHierarchy,
  ) throws(CgroupError) -> Bool {
    let path = location.relativePath(through: location.components.count)
    guard try Self.removeEmpty(path, in: hierarchy.root) else { return false }
    try Self.removeParents(location, above: foreignCount, from: hierarchy)
    return true
  }

  /// Removes the control group, those below it, and those above it that were made for it.
  ///
  /// A process that has just been killed still keeps its cgroup busy for a moment: the removal is
  /// tried again until the time is over.
  ///
  /// - Throws: `timedOut` when processes are left.
  package func remove(
    from hierarchy: borrowing CgroupHierarchy,
    withinMilliseconds limit: Int64,
  ) throws(CgroupError) {
    let end = Clock.monotonicMilliseconds + limit
    while try !removeIfUnused(from: hierarchy) {
      try wrapping { () throws(KernelError) in try Self.removeBelow(directory) }
      if try removeIfUnused(from: hierarchy) { return }
      let left = end - Clock.monotonicMilliseconds
      guard left > 0 else { throw .timedOut(location.path, waitingFor: "its processes to end") }
      if try waitUntilEmpty(withinMilliseconds: min(left, 100)) { Clock.pause(milliseconds: 1) }
    }
  }

  /// Removes the directories above a location that were made for it, as far as nobody else has come
  /// to live there.
  static func removeParents(
    _ location: CgroupLocation,
    above foreignCount: Int,
    from hierarchy: borrowing CgroupHierarchy,
  ) throws(CgroupError) {
    for depth in stride(from: location.components.count - 1, to: foreignCount, by: -1) {
      guard try removeEmpty(location.relativePath(through: depth), in: hierarchy.root) else {
        return
      }
    }
  }

  /// - Returns: false when it is in use.
  private static func removeEmpty(
    _ path: String,
    in parent: borrowing OwnedDescriptor,
  ) throws(CgroupError) -> Bool {
    do throws(KernelError) {
      try Directory.remove(at: parent, path)
      return true
    } catch  where error.code == .noEntry {
      return true
    } catch  where [.busy, .notEmpty].contains(error.code) {
      return false
    } catch {
      throw .kernel(error)
    }
  }

  /// Removes what is below, deepest first, as far as it is empty.
  private static func removeBelow(
    _ group: borrowing OwnedDescriptor,
  ) throws(KernelError) {
    try DirectoryTree.walk(
      below: group,
      leaving: { (parent, name) throws(KernelError) in
        do throws(KernelError) {
          try DirectoryTree.remove(at: parent, name)
        } catch  where [.noEntry, .noDevice, .busy, .notEmpty].contains(error.code) {
          // Gone already, or still in use: the caller tries again.
        }
      }
    )
  }
}
