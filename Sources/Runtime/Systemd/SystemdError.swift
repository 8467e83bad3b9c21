package import DBus

/// Why systemd does not keep a container as its configuration says.
package enum SystemdError: Error, Equatable, Sendable {
  /// `linux.cgroupsPath` names no unit.
  case invalidPath(String, reason: String)
  /// An annotation is no property of a unit.
  case invalidAnnotation(String, reason: String)
  /// A unit of that name is somebody else's.
  case unitExists(String)
  /// systemd has given up: the word for it is one of JobRemoved.
  case jobFailed(String, result: String)
  /// systemd has not done something in time.
  case timedOut(String, waitingFor: String)
  /// What systemd answered to a request about a unit.
  case refused(String, request: String, BusError)
  case bus(BusError)
}

extension SystemdError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .invalidPath(let path, let reason):
      "linux.cgroupsPath \(path): \(reason); with --systemd-cgroup it is SLICE:PREFIX:NAME, "
        + "as system.slice:swrun:web"
    case .invalidAnnotation(let key, let reason): "annotation \(key): \(reason)"
    case .unitExists(let unit):
      "systemd unit \(unit): it exists already: choose another linux.cgroupsPath, or stop it"
    case .jobFailed(let unit, let result): "systemd unit \(unit): its job ended as \"\(result)\""
    case .timedOut(let unit, let event): "systemd unit \(unit): timed out waiting for \(event)"
    case .refused(let unit, let request, let error): "systemd unit \(unit): \(request): \(error)"
    case .bus(let error): "systemd: \(error)"
    }
  }
}

/// Makes an error of the bus one of this target.
func wrapping<Value: ~Copyable>(
  _ body: () throws(BusError) -> Value,
) throws(SystemdError) -> Value {
  do throws(BusError) {
    return try body()
  } catch {
    throw .bus(error)
  }
}
