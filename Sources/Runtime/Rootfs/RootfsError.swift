package import Kernel

/// Why the container's root file system can't be made as the plan says.
package enum RootfsError: Error, Equatable, Sendable {
  /// A call failed; `subject` says for which part of the plan.
  case kernel(KernelError, subject: String)
  /// What is there is not what it has to be.
  case refused(String)
}

extension RootfsError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .kernel(let error, let subject): "\(subject): \(error)"
    case .refused(let reason): reason
    }
  }
}

/// Says which part of the plan a kernel's refusal belongs to.
func about<Value: ~Copyable>(
  _ subject: @autoclosure () -> String,
  _ body: () throws(KernelError) -> Value,
) throws(RootfsError) -> Value {
  do throws(KernelError) {
    return try body()
  } catch {
    throw .kernel(error, subject: subject())
  }
}
