import Kernel
import RuntimeSpec

/// How a new file system gets the SELinux context of the container's mounts.
///
/// Spec: config-linux.md, "Mount Label".
enum MountLabel: Equatable {
  /// What shows the kernel has labels of its own, and a mount may bring its own.
  case none
  /// The whole file system, by an option. See: mount(8), "context=".
  case option(String)
  /// Its root alone, once it is made: the instance belongs to an IPC namespace that had it before us,
  /// and takes no options any more.
  case root(String)

  init(_ context: String?, of plan: MountPlan, type: String) {
    self =
      switch (context, type) {
      case (nil, _), (_, "proc"), (_, "sysfs"), (_, "cgroup2"): .none
      case (let context?, "mqueue"): .root(context)
      case (_?, _) where plan.parameters.contains(where: \.isContext): .none
      case (let context?, _): .option(context)
      }
  }

  static let key = "context"

  /// Labels the root of a new file system, where that is the way.
  func label(
    _ mount: borrowing OwnedDescriptor,
    _ plan: MountPlan,
  ) throws(RootfsError) {
    guard case .root(let context) = self else { return }
    do throws(KernelError) {
      try open(at: mount, ".", [.readOnly, .directory], .beneath).setSELinuxContext(context)
    } catch {
      throw .kernel(error, subject: "/linux/mountLabel \(context): \(plan.subject)")
    }
  }
}

extension MountPlan.Parameter {
  fileprivate var isContext: Bool { Self.isContext(key) }

  /// The value as fsconfig(2) takes it: quotes are for the commas in a list of mount(2), where those of a
  /// context's categories would end it.
  var plainValue: String? {
    guard isContext, let value, value.utf8.count > 1, value.hasPrefix("\""), value.hasSuffix("\"")
    else { return value }
    return String(value.dropFirst().dropLast())
  }
}
