import Kernel

/// Who wants to know which step of init begins when, and so which one hangs.
package struct StageTrace {
  /// Gets the name of the step, and the moment by the clock of the day.
  let note: (String, (seconds: Int, nanoseconds: Int)) -> Void

  package init(note: @escaping (String, (seconds: Int, nanoseconds: Int)) -> Void) {
    self.note = note
  }

  /// Notes a message that is about a step.
  ///
  /// - Returns: false for every other message.
  static func notes(_ message: InitMessage, _ trace: StageTrace?, of process: String) -> Bool {
    guard case .entered(let step, let seconds, let nanoseconds) = message else { return false }
    trace?.note("\(process): \(step)", (Int(seconds), Int(nanoseconds)))
    return true
  }
}

extension InitMessage {
  /// Says that a step begins now.
  ///
  /// By the clock of the day, which is in no namespace as that of the boot is.
  static func entered(now step: InitStep) -> InitMessage {
    let now = Clock.now
    return .entered(
      step,
      seconds: Int32(truncatingIfNeeded: now.seconds),
      nanoseconds: Int32(truncatingIfNeeded: now.nanoseconds)
    )
  }
}
