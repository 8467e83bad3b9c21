package import Hooks
package import Kernel
package import State

/// Why there is no init that is ready, or why it did not start.
package enum LaunchError: Error, Equatable, Sendable {
  /// The creator's own call failed.
  case kernel(KernelError, subject: String)
  case initFailed(InitFailure)
  case handshake(HandshakeError)
  case hook(HookError)
  case state(StateError)
  /// Init could not be put into its control group: in words.
  case cgroup(String)
  /// In words: why the ids of a user namespace could not be mapped.
  case unmapped(String)
  /// A mount namespace to join is the host's.
  case hostMounts(path: String)
}

extension LaunchError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .kernel(let error, let subject): subject.isEmpty ? "\(error)" : "\(subject): \(error)"
    case .initFailed(let failure): failure.description
    case .handshake(let error): error.description
    case .hook(let error): error.description
    case .state(let error): error.description
    case .cgroup(let reason): reason
    case .unmapped(let reason): "id mappings: \(reason)"
    case .hostMounts(let path):
      "mount namespace \(path) is the host's, whose root would be replaced: take the entry out of "
        + "linux.namespaces, or name another"
    }
  }
}

/// Says what a kernel's refusal was about.
func about<Value: ~Copyable>(
  _ subject: @autoclosure () -> String,
  _ body: () throws(KernelError) -> Value,
) throws(LaunchError) -> Value {
  do throws(KernelError) {
    return try body()
  } catch {
    throw .kernel(error, subject: subject())
  }
}
