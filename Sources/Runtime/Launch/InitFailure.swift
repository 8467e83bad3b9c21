package import Kernel

/// Why init could not go on: which step, which call, what the kernel said, about what.
package struct InitFailure: Error, Equatable, Sendable {
  /// The raw value of the step, as `mountFileSystems`.
  package var step: InitStep
  /// The system call; empty where init itself refused.
  package var call: String
  /// 0 where init itself refused, and `subject` is the whole message.
  package var code: ErrorNumber
  package var subject: String

  init(step: InitStep, call: String, code: ErrorNumber, subject: String) {
    self.step = step
    self.call = call
    self.code = code
    self.subject = subject
  }

  /// A refusal of init's own, in words.
  init(step: InitStep, refusal: String) {
    self.init(step: step, call: "", code: .init(rawValue: 0), subject: refusal)
  }

  init(step: InitStep, _ error: KernelError, subject: String = "") {
    let about = [subject, error.subject].filter { !$0.isEmpty }
    // A subject that ends with what the call was about says it once.
    let text = subject.hasSuffix(error.subject) ? subject : about.joined(separator: ": ")
    self.init(step: step, call: error.call, code: error.code, subject: text)
  }
}

extension InitFailure: CustomStringConvertible {
  package var description: String {
    guard code.rawValue != 0 else { return subject }
    if step == .execute, call == FinalStep.execution.call { return refusalOfProgram }
    let cause = "\(call): \(code.meaning) (\(code.name))"
    return subject.isEmpty ? "\(step.subject): \(cause)" : "\(subject): \(cause)"
  }

  /// In the words that callers look for, as those of `findProgram`.
  private var refusalOfProgram: String {
    let hint =
      switch code {
      case .noEntry: ": it is there, but not the interpreter that it or its interpreter names"
      case .noExecutable:
        ": it is neither a program for this machine nor a script that names its "
          + "interpreter in a first line like #!/bin/sh"
      default: ""
      }
    return "exec: \"\(subject)\": \(code.meaning) (\(code.name))\(hint)"
  }
}

/// A failure as bytes: step, errno, then the call and the subject, the call ended by NUL.
extension InitFailure {
  var bytes: [UInt8] {
    // The frame must fit the channel, and what is cut off the end of a subject matters least.
    let text = [UInt8](call.utf8) + [0] + subject.utf8.prefix(2048)
    return [step.rawValue] + code.rawValue.littleEndianBytes + text
  }

  init?(bytes: ArraySlice<UInt8>) {
    guard let number = bytes.first, let step = InitStep(rawValue: number),
      let code = Int32(littleEndianBytes: bytes.dropFirst()),
      let end = bytes.dropFirst(5).firstIndex(of: 0)
    else { return nil }
    self.init(
      step: step,
      call: String(decoding: bytes.dropFirst(5)[..<end], as: UTF8.self),
      code: .init(rawValue: code),
      subject: String(decoding: bytes[(end + 1)...], as: UTF8.self)
    )
  }

  /// Reads what follows the tag in a frame of the last yard: step, two bytes of nothing, errno, and
  /// the program's name where there is one.
  init?(finalFrame bytes: ArraySlice<UInt8>) {
    guard let number = bytes.first, let step = FinalStep(rawValue: number),
      let code = Int32(littleEndianBytes: bytes.dropFirst(3))
    else { return nil }
    self.init(
      step: step.initStep,
      call: step.call,
      code: .init(rawValue: code),
      subject: String(decoding: bytes.dropFirst(7), as: UTF8.self)
    )
  }
}

extension FinalStep {
  /// The step that it is the end of.
  fileprivate var initStep: InitStep {
    switch self {
    case .capabilities, .filter, .listener: .confine
    case .wait: .awaitStart
    case .execution, .birth: .execute
    case .session: .startSession
    case .terminal: .openTerminal
    }
  }
}
