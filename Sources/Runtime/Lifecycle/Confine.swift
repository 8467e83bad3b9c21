import Capabilities
import Confinement
import Kernel
import RuntimeSpec
import State
import SyscallFilter

/// Connects to who gets the listener of a filter; nil for a filter without one.
///
/// Spec: config-linux.md, "Seccomp", listenerPath: one connection for one listener.
func connectToListener(at path: String?) throws(RuntimeError) -> OwnedDescriptor? {
  guard let path else { return nil }
  return try connect(to: path, "linux.seccomp.listenerPath")
}

/// What of the host a container's process is left with.
struct ConfinementDecision {
  var capabilities: CapabilitySets
  var filter: CompiledFilter?
}

/// Decides on capabilities and the compiled filter, with what can't be had as warnings.
func confinement(
  of plan: ContainerPlan,
  on host: borrowing Host,
) throws(RuntimeError) -> ConfinementDecision {
  try checkMountLabel(of: plan)
  let sets = try capabilities(
    of: plan.process,
    hasNewUserNamespace: plan.namespaces.source(of: .user) != nil,
    on: host
  )
  guard let profile = plan.seccomp else {
    return ConfinementDecision(capabilities: sets, filter: nil)
  }
  do throws(ConfinementError) {
    let prepared = try prepareFilter(profile, root: host.root.directory)
    for note in prepared.notes { host.debug(note) }
    return ConfinementDecision(capabilities: sets, filter: prepared.filter)
  } catch {
    throw .confinement(error)
  }
}

/// Refuses a label that nothing would heed: file systems without it would be open to more than asked.
private func checkMountLabel(of plan: ContainerPlan) throws(RuntimeError) {
  guard plan.mountLabel != nil else { return }
  do throws(KernelError) {
    _ = try open("/sys/fs/selinux/enforce", [.path])
  } catch  where error.code == .noEntry {
    throw .refused("/linux/mountLabel: SELinux is not in force on this host: remove it")
  } catch {
    throw .kernel(error, subject: "/linux/mountLabel")
  }
}

/// Decides on a process's capabilities, with what can't be had as warnings.
func capabilities(
  of process: ProcessPlan,
  hasNewUserNamespace: Bool,
  on host: borrowing Host,
) throws(RuntimeError) -> CapabilitySets {
  do throws(ConfinementError) {
    let grant = try capabilityGrant(
      for: process.capabilities,
      hasNewUserNamespace: hasNewUserNamespace
    )
    for warning in grant.warnings { host.warn(warning) }
    for note in grant.notes { host.debug(note) }
    return grant.sets
  } catch {
    throw .confinement(error)
  }
}
