import CKernel
import Glibc

/// A system call that the kernel refused.
package struct KernelError: Error, Equatable, Sendable {
  /// The name of the call, as its manual page has it.
  package let call: String
  package let code: ErrorNumber
  /// What the call was about: a path, a mount, a number.
  package let subject: String

  package init(call: String, code: ErrorNumber, subject: String) {
    self.call = call
    self.code = code
    self.subject = subject
  }
}

extension KernelError: CustomStringConvertible {
  package var description: String {
    let cause = "\(code.meaning) (\(code.name))"
    return subject.isEmpty ? "\(call): \(cause)" : "\(call) \(subject): \(cause)"
  }
}

/// Makes a system call, again for as long as a signal interrupts it that does not ask for an end.
///
/// The one EINTR loop, and the one place that reads errno.
///
/// - Throws: what errno says when the call returns -1; `subject` is built only then. EINTR after a
///   signal that `Signals.interruptAtEnd` is about, once.
@discardableResult
func check<Result: SignedInteger>(
  _ call: StaticString,
  _ subject: @autoclosure () -> String = "",
  _ body: () -> Result,
) throws(KernelError) -> Result {
  while true {
    let interruption = ckernel_take_interruption()
    guard interruption == 0 else {
      throw KernelError(
        call: "\(call)",
        code: .init(rawValue: EINTR),
        subject: "(by signal \(interruption))"
      )
    }
    let result = body()
    guard result == -1 else { return result }
    let code = errno
    guard code == EINTR else {
      throw KernelError(call: "\(call)", code: .init(rawValue: code), subject: subject())
    }
  }
}
