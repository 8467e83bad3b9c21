package import Cgroups
package import Confinement
package import Criu
package import Hooks
package import Kernel
package import Launch
package import Rootfs
package import RuntimeSpec
package import State
package import Systemd

/// Why a verb could not do what it was asked to.
package enum RuntimeError: Error, Sendable {
  case configuration(path: String, ConfigurationError)
  case state(StateError)
  case launch(LaunchError)
  case cgroup(CgroupError)
  case systemd(SystemdError)
  case confinement(ConfinementError)
  case hook(HookError)
  case rootfs(RootfsError)
  case criu(CriuError)
  case kernel(KernelError, subject: String)
  /// The command line is wrong: in words.
  case usage(String)
  /// The container has no process any more: in the words that callers look for.
  case notRunning(String)
  /// The container is not in a status for that: in words.
  case wrongStatus(String)
  /// In words: what is wrong and what to do.
  case refused(String)
}

extension RuntimeError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .configuration(let path, let error): "\(path): \(error)"
    case .state(let error): error.description
    case .launch(let error): error.description
    case .cgroup(let error): error.description
    case .systemd(let error): error.description
    case .confinement(let error): error.description
    case .hook(let error): error.description
    case .rootfs(let error): error.description
    case .criu(let error): error.description
    case .kernel(let error, let subject): subject.isEmpty ? "\(error)" : "\(subject): \(error)"
    case .usage(let reason), .notRunning(let reason), .wrongStatus(let reason),
      .refused(let reason):
      reason
    }
  }
}

/// Says what a kernel's refusal was about.
func about<Value: ~Copyable>(
  _ subject: @autoclosure () -> String,
  _ body: () throws(KernelError) -> Value,
) throws(RuntimeError) -> Value {
  do throws(KernelError) {
    return try body()
  } catch {
    throw .kernel(error, subject: subject())
  }
}

/// Makes what is wrong with the state a verb's error.
func withState<Value: ~Copyable>(
  _ body: () throws(StateError) -> Value,
) throws(RuntimeError) -> Value {
  do throws(StateError) {
    return try body()
  } catch {
    throw .state(error)
  }
}

/// Makes what is wrong with a cgroup a verb's error.
func withCgroups<Value: ~Copyable>(
  _ body: () throws(CgroupError) -> Value,
) throws(RuntimeError) -> Value {
  do throws(CgroupError) {
    return try body()
  } catch {
    throw .cgroup(error)
  }
}

/// Makes what systemd refuses a verb's error.
func withSystemd<Value: ~Copyable>(
  _ body: () throws(SystemdError) -> Value,
) throws(RuntimeError) -> Value {
  do throws(SystemdError) {
    return try body()
  } catch {
    throw .systemd(error)
  }
}

/// Makes what is wrong with a launch a verb's error.
func withLaunch<Value: ~Copyable>(
  _ body: () throws(LaunchError) -> Value,
) throws(RuntimeError) -> Value {
  do throws(LaunchError) {
    return try body()
  } catch {
    throw .launch(error)
  }
}

/// Makes what is wrong with a root file system a verb's error.
func withRootfs<Value: ~Copyable>(
  _ body: () throws(RootfsError) -> Value,
) throws(RuntimeError) -> Value {
  do throws(RootfsError) {
    return try body()
  } catch {
    throw .rootfs(error)
  }
}

/// Makes what is wrong with CRIU a verb's error.
func withCriu<Value: ~Copyable>(
  _ body: () throws(CriuError) -> Value,
) throws(RuntimeError) -> Value {
  do throws(CriuError) {
    return try body()
  } catch {
    throw .criu(error)
  }
}
