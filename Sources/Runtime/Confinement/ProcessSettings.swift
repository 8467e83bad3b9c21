package import Kernel
package import RuntimeSpec

// What init sets for itself, and the creator for it, one function a setting. Every one takes plain
// values and decides nothing; the order is that of Launch.

/// Sets how likely a process is to be killed when memory runs out.
///
/// Spec: config.md, "Linux Process", oomScoreAdj. See: proc(5), /proc/pid/oom_score_adj.
package func setOOMScoreAdjustment(
  _ score: Int,
  of pid: Int32,
  _ processes: borrowing ProcessFiles,
) throws(KernelError) {
  try processes.write("\(pid)/oom_score_adj", "\(score)")
}

/// Sets the execution domain; before the filter, which may forbid it.
///
/// Spec: config-linux.md, "Personality".
package func setPersonality(_ persona: UInt32) throws(KernelError) {
  try Process.setPersonality(persona)
}

/// Chooses the memory nodes that pages come from.
///
/// Spec: config-linux.md, "Memory policy".
package func setMemoryPolicy(_ plan: MemoryPolicyPlan) throws(KernelError) {
  try Process.setMemoryPolicy(plan.mode, nodes: plan.nodes)
}

/// Sets the I/O priority, `class << 13 | level`.
///
/// Spec: config.md, "Linux Process", ioPriority.
package func setIOPriority(_ value: UInt16) throws(KernelError) {
  try Process.setIOPriority(value)
}

/// Sets the scheduling policy.
///
/// Spec: config.md, "Linux Process", scheduler.
package func setScheduler(_ plan: SchedulerPlan) throws(KernelError) {
  try Process.setScheduler(
    SchedulingAttributes(
      policy: plan.policy,
      flags: plan.flags,
      nice: plan.nice,
      priority: plan.priority,
      runtime: plan.runtime,
      deadline: plan.deadline,
      period: plan.period,
    )
  )
}

/// Sets one resource limit of a process, 0 for this one; a hard limit above the present one needs the
/// host's CAP_SYS_RESOURCE.
///
/// Spec: config.md, "POSIX process", rlimits.
package func setResourceLimit(_ limit: RlimitPlan, of pid: Int32) throws(KernelError) {
  try Process.setLimit(
    limit.resource,
    soft: limit.soft,
    hard: limit.hard,
    of: pid,
    subject: limit.name
  )
}

/// Gives the process a session keyring of its own, so that it has none of its creator's keys.
///
/// ENOSYS is accepted: a kernel without keyrings has no keys to protect. Nothing else is: with the
/// creator's keyring the container could read the keys of whoever started it, and in one that somebody
/// else has made under the name, that one could read the container's.
///
/// See: session-keyring(7).
package func joinSessionKeyring(named name: String) throws(KernelError) {
  do throws(KernelError) {
    let keyring = try Process.joinSessionKeyring(name)
    let owner = try Process.owner(ofKey: keyring)
    guard owner == Process.effectiveUser else {
      throw KernelError(
        call: "keyctl",
        code: .accessDenied,
        subject: "session keyring \(name), which user \(owner) has made: take another id"
      )
    }
    // Joining by name finds a keyring only where its user may search it: a later exec comes from
    // outside and must get this one, not a second of the same name.
    try Process.setKeyPermissions(keyring, newKeyringPermissions | userMaySearch)
  } catch  where error.code == .noSystemCall {
    // No keyrings here: see above.
  }
}

/// What the kernel gives a new session keyring: all to its possessor; view, read and link to its
/// user.
///
/// See: keyctl_setperm(3).
private let newKeyringPermissions: UInt32 = 0x3f13_0000
private let userMaySearch: UInt32 = 0x0008_0000
