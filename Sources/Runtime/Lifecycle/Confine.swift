import Capabilities
import Confinement
import Kernel
import RuntimeSpec
import State
import SyscallFilter

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
  do throws(ConfinementError) {
    let grant = try capabilityGrant(
      for: plan.process.capabilities,
      hasNewUserNamespace: plan.namespaces.source(of: .user) != nil
    )
    for warning in grant.warnings { host.warn(warning) }
    for note in grant.notes { host.debug(note) }
    guard let profile = plan.seccomp else {
      return ConfinementDecision(capabilities: grant.sets, filter: nil)
    }
    let prepared = try prepareFilter(profile, root: host.root.directory)
    for note in prepared.notes { host.debug(note) }
    return ConfinementDecision(capabilities: grant.sets, filter: prepared.filter)
  } catch {
    throw .confinement(error)
  }
}
