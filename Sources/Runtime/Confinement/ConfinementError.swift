package import Capabilities
package import Kernel
package import SyscallFilter

/// Why a container can't be confined as its configuration says.
package enum ConfinementError: Error, Equatable, Sendable {
  case capabilities(CapabilityError)
  case filter(FilterError)
  /// The errno of a rule is none that the kernel can return.
  case errnoOutOfRange(UInt32)
  case kernel(KernelError)
}

extension ConfinementError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .capabilities(let error): "process.capabilities: \(error)"
    case .filter(let error): "linux.seccomp: \(error)"
    case .errnoOutOfRange(let number):
      "linux.seccomp: errnoRet \(number) is out of range: use 0 to 4095 (65535 for SCMP_ACT_TRACE)"
    case .kernel(let error): "\(error)"
    }
  }
}
