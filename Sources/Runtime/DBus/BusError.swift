package import Kernel

/// Why a bus, or who is called over it, could not do as asked.
package enum BusError: Error, Equatable, Sendable {
  /// An address in none of the forms that are understood here.
  case invalidAddress(String)
  case connection(address: String, KernelError)
  /// The bus does not let this process in.
  case refused(address: String, answer: String)
  /// An answer did not come in time.
  case timedOut(waitingFor: String)
  /// The other end has closed the connection.
  case disconnected
  /// What came is no message of the protocol.
  case malformed(String)
  /// An error that the callee answered with.
  case failed(name: String, message: String)
}

extension BusError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .invalidAddress(let text):
      "the D-Bus address \"\(text)\" has no unix:path= or unix:abstract= in it"
    case .connection(let address, let error): "D-Bus at \(address): \(error)"
    case .refused(let address, let answer):
      "D-Bus at \(address) does not accept this user: \"\(answer)\""
    case .timedOut(let event): "D-Bus: timed out waiting for \(event)"
    case .disconnected: "D-Bus: the bus has closed the connection"
    case .malformed(let reason): "D-Bus: a message that breaks the protocol: \(reason)"
    case .failed(let name, let message): message.isEmpty ? name : "\(message) (\(name))"
    }
  }
}
