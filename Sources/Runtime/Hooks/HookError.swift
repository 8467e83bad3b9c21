package import Kernel

/// Why a hook counts as failed.
package enum HookError: Error, Equatable, Sendable {
  /// It ended with a status other than 0; `output` is the end of what it printed.
  case failed(HookName, path: String, ExitStatus, output: String)
  /// It ran for longer than its timeout, and was killed.
  case timedOut(HookName, path: String, seconds: Int)
  case kernel(HookName, path: String, KernelError)
}

/// The point of a container's life that a hook belongs to, and its place in the list.
package struct HookName: Equatable, Sendable, CustomStringConvertible {
  package let point: String
  package let index: Int

  package init(point: String, index: Int) {
    self.point = point
    self.index = index
  }

  package var description: String { "\(point) hook #\(index)" }
}

extension HookError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .failed(let name, let path, let status, let output):
      "\(name) \(path): \(status.meaning)" + (output.isEmpty ? "" : ": \(output)")
    case .timedOut(let name, let path, let seconds):
      "\(name) \(path): killed after its timeout of \(seconds) s"
    case .kernel(let name, let path, let error):
      "\(name) \(path): \(error)"
    }
  }
}

extension ExitStatus {
  /// How it ended, in words.
  package var meaning: String {
    switch self {
    case .exited(let code): "exit status \(code)"
    case .signalled(let signal): "killed by signal \(signal)"
    }
  }
}
