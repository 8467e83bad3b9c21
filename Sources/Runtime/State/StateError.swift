package import Kernel

/// What can be wrong with what swrun remembers of its containers.
package enum StateError: Error, Equatable, Sendable {
  case invalidID(String)
  case exists(ContainerID)
  case doesNotExist(ContainerID)
  /// Another swrun works on the container.
  case busy(ContainerID)
  /// The record can't be read: by a power cut, or another hand.
  case damaged(ContainerID, reason: String)
  /// The root directory belongs to somebody else, or others may write in it.
  case unsafeRoot(String, reason: String)
  case kernel(KernelError)
}

extension StateError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .invalidID(let text):
      "invalid container id \"\(text)\": use letters, digits, _ + - and . (not first), "
        + "255 bytes at most"
    case .exists(let id): "container with id \(id) already exists: delete it, or take another id"
    case .doesNotExist: "container does not exist"
    case .busy(let id): "another swrun is at work on container \(id): try again"
    case .damaged(let id, let reason):
      "the state of container \(id) can't be read (\(reason)): remove it with delete --force"
    case .unsafeRoot(let path, let reason):
      "\(path) can't hold the state of containers: \(reason)"
    case .kernel(let error): error.description
    }
  }
}

/// Makes a kernel's refusal one of this floor.
func wrapping<Value: ~Copyable>(
  _ body: () throws(KernelError) -> Value
) throws(StateError) -> Value {
  do throws(KernelError) {
    return try body()
  } catch {
    throw .kernel(error)
  }
}
