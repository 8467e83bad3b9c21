package import Kernel

/// The states of a container, `paused` among them as callers know it.
///
/// Spec: runtime.md, "State".
package enum ContainerStatus: String, Equatable, Sendable {
  case creating, created, running, paused, stopped
}

extension ContainerDirectory {
  /// What a container is doing, as far as its first process tells: it can't be told here whether
  /// a running one is paused.
  ///
  /// The kernel's word counts more than the record's: a fifo that has a reader means that init
  /// waits to be started, whatever became of those who wrote the record.
  package func status(
    of record: ContainerRecord?,
    _ processes: borrowing ProcessFiles,
  ) throws(StateError) -> ContainerStatus {
    guard let record, let process = record.initProcess else {
      return try isLocked() ? .creating : .stopped
    }
    guard try isAlive(process, processes) else { return .stopped }
    guard record.isPrepared else { return .creating }
    guard try openGate() == nil else { return .created }
    // A gate that init has left is one that it went through, or one that closed with its end.
    return try isAlive(process, processes) ? .running : .stopped
  }

  private func isAlive(
    _ process: InitProcess,
    _ processes: borrowing ProcessFiles,
  ) throws(StateError) -> Bool {
    do throws(KernelError) {
      let identity = try processes.identity(of: process.pid)
      guard identity.startTime == process.startTime else { return false }
      return try !processes.isEnding(process.pid, identity)
    } catch  where error.code == .noEntry || error.code == .noProcess {
      return false
    } catch {
      throw .kernel(error)
    }
  }
}
