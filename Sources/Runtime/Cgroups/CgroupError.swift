package import Kernel

/// Why a container's control group can't be what its configuration says.
package enum CgroupError: Error, Equatable, Sendable {
  /// No cgroup2 file system is mounted where one is looked for.
  case notMounted
  /// The creator may not make a control group here.
  case notPermitted(KernelError)
  /// `linux.cgroupsPath` names no place for a container.
  case invalidPath(String, reason: String)
  /// Processes are in the control group already.
  case populated(String)
  /// The control group, or one above it, is frozen.
  case frozen(String)
  /// A limit needs a controller that is not to be had.
  case missingController(String, file: String, reason: String)
  /// The kernel has the controller, but not this file.
  case missingFile(String)
  /// A value breaks a rule before any kernel sees it.
  case invalidLimit(String, reason: String)
  /// There is no resctrl to be used: why.
  case noResctrl(String)
  /// A property of `linux.intelRdt` does not fit what there is.
  case invalidResctrl(String, String)
  /// The caller wants none.
  case disabled
  /// Limits are asked for, and there is no control group to set them on.
  case limitsWithoutCgroup([String], reason: String)
  /// Something did not happen in time.
  case timedOut(String, waitingFor: String)
  /// Threads that the freezer can't stop.
  case notFrozen(String, holdouts: [FreezerHoldout])
  case kernel(KernelError)
}

extension CgroupError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notMounted:
      "no cgroup2 file system at /sys/fs/cgroup or /sys/fs/cgroup/unified: mount one"
    case .notPermitted(let error): "cgroup: \(error)"
    case .invalidPath(let path, let reason): "linux.cgroupsPath \(path): \(reason)"
    case .populated(let path): "cgroup \(path): it has processes already: choose another path"
    case .frozen(let path):
      "cgroup \(path): it is frozen, or one above it: thaw it, or choose another path"
    case .missingController(let name, let file, let reason):
      "\(file) cannot be set: the \(name) controller is not available: \(reason)"
    case .missingFile(let file): "\(file) cannot be set: this kernel does not have it"
    case .invalidLimit(let limit, let reason): "linux.resources.\(limit): \(reason)"
    case .noResctrl(let reason): "linux.intelRdt: resctrl is not to be had: \(reason)"
    case .invalidResctrl(let property, let reason): "linux.intelRdt.\(property): \(reason)"
    case .disabled: "--cgroup-manager is disabled"
    case .limitsWithoutCgroup(let limits, let reason):
      "limits (\(limits.joined(separator: ", "))) need a cgroup, and there is none: \(reason)"
    case .timedOut(let path, let event): "cgroup \(path): timed out waiting for \(event)"
    case .notFrozen(let path, let holdouts):
      "cgroup \(path) can't be frozen: "
        + holdouts.map(\.description).joined(separator: ", ")
    case .kernel(let error): "cgroup: \(error)"
    }
  }

  /// Whether a container without limits may go on without a control group.
  package var allowsGoingWithout: Bool {
    switch self {
    case .notMounted, .notPermitted, .disabled: true
    case .invalidPath, .populated, .frozen, .noResctrl, .invalidResctrl, .missingController,
      .missingFile, .invalidLimit, .limitsWithoutCgroup, .timedOut, .notFrozen, .kernel:
      false
    }
  }
}

/// Makes a refused call an error of this target.
func wrapping<Value: ~Copyable>(
  _ body: () throws(KernelError) -> Value,
) throws(CgroupError) -> Value {
  do throws(KernelError) {
    return try body()
  } catch {
    throw .kernel(error)
  }
}
