import Kernel

/// The mark of a container whose processes are frozen for a signal that all of them get.
///
/// Who freezes them has the lock, and thaws them: where the mark is there and the lock is to be had,
/// somebody was killed in between, and whoever has it next thaws them.
extension ContainerDirectory {
  private static var stopMarkName: String { "stopped" }

  /// Whether a kill has frozen the container, or is about to.
  package func isStoppedForSignal() throws(StateError) -> Bool { try has(Self.stopMarkName) }

  /// Sets the mark, before anything is frozen.
  package func markStoppedForSignal() throws(StateError) {
    try wrapping { () throws(KernelError) in
      _ = try open(
        at: descriptor,
        Self.stopMarkName,
        [.writeOnly, .create, .noFollow],
        mode: 0o600,
        [.beneath, .noSymlinks]
      )
    }
  }

  /// Takes the mark away, after everything is thawed.
  package func removeStopMark() throws(StateError) {
    try wrapping { () throws(KernelError) in
      try Directory.unlink(at: descriptor, Self.stopMarkName)
    }
  }
}
