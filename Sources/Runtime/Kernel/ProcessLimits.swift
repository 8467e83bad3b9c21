import CKernel
import Glibc

/// What a scheduling policy is made of.
///
/// See: sched_setattr(2); times are in nanoseconds.
package struct SchedulingAttributes: Equatable, Sendable {
  package var policy: UInt32
  package var flags: UInt64
  package var nice: Int32
  package var priority: UInt32
  package var runtime: UInt64
  package var deadline: UInt64
  package var period: UInt64

  package init(
    policy: UInt32,
    flags: UInt64,
    nice: Int32,
    priority: UInt32,
    runtime: UInt64,
    deadline: UInt64,
    period: UInt64,
  ) {
    self.policy = policy
    self.flags = flags
    self.nice = nice
    self.priority = priority
    self.runtime = runtime
    self.deadline = deadline
    self.period = period
  }
}

extension Process {
  /// Sets a resource limit of a process, 0 for this one; UInt64.max is none.
  ///
  /// See: prlimit(2).
  package static func setLimit(
    _ resource: UInt32,
    soft: UInt64,
    hard: UInt64,
    of pid: Int32,
    subject: String,
  ) throws(KernelError) {
    try check("prlimit", subject) { ckernel_set_limit(pid, resource, soft, hard) }
  }

  /// Sets the I/O priority, `class << 13 | level`.
  ///
  /// See: ioprio_set(2).
  package static func setIOPriority(_ value: UInt16) throws(KernelError) {
    try check("ioprio_set", "\(value)") { ckernel_set_io_priority(CInt(value)) }
  }

  package static func setScheduler(_ attributes: SchedulingAttributes) throws(KernelError) {
    try check("sched_setattr", "policy \(attributes.policy)") {
      ckernel_set_scheduler(
        attributes.policy,
        attributes.flags,
        attributes.nice,
        attributes.priority,
        attributes.runtime,
        attributes.deadline,
        attributes.period,
      )
    }
  }

  /// Sets the execution domain.
  ///
  /// See: personality(2).
  package static func setPersonality(_ persona: UInt32) throws(KernelError) {
    try check("personality", "\(persona)") { ckernel_set_personality(UInt(persona)) }
  }

  /// Chooses the memory nodes of this process; `mode` has its flags with it.
  ///
  /// See: set_mempolicy(2): of the mask's bits the kernel heeds one less than it is told of.
  package static func setMemoryPolicy(_ mode: UInt32, nodes: [UInt64]) throws(KernelError) {
    try check("set_mempolicy", "mode \(mode)") {
      unsafe nodes.withUnsafeBytes { bytes in
        unsafe ckernel_set_memory_policy(
          mode,
          bytes.isEmpty ? nil : bytes.baseAddress,
          bytes.isEmpty ? 0 : UInt(bytes.count * 8 + 1)
        )
      }
    }
  }

  /// Chooses the CPUs of this process, by a mask.
  ///
  /// See: sched_setaffinity(2).
  package static func setAffinity(_ mask: [UInt64]) throws(KernelError) {
    try check("sched_setaffinity") {
      unsafe mask.withUnsafeBytes {
        unsafe ckernel_set_affinity($0.baseAddress, UInt($0.count))
      }
    }
  }

  /// Leaves the choice of CPUs to the control group: since Linux 6.2 a cpuset no longer undoes what the
  /// creator was confined to, as by CPUAffinity= of its unit.
  ///
  /// What the kernel has against that is no reason to have no container.
  package static func leaveAffinity() {
    do throws(KernelError) {
      let asManyAsLinuxKnows = 8192 / 64
      try setAffinity([UInt64](repeating: .max, count: asManyAsLinuxKnows))
    } catch {
      // A kernel or a filter without the call: the CPUs stay the creator's.
    }
  }

  /// Gives this process a core scheduling cookie of its own: no other shares a core with it at the
  /// same time.
  ///
  /// See: core-scheduling.rst of the kernel, PR_SCHED_CORE_CREATE.
  package static func isolateCores() throws(KernelError) {
    // PR_SCHED_CORE, PR_SCHED_CORE_CREATE of this process with all its threads: <linux/prctl.h>.
    try check("prctl", "PR_SCHED_CORE") { ckernel_prctl(62, 1, 0, 1, 0) }
  }

  /// Takes over the core scheduling cookie of another process.
  package static func shareCores(of pid: Int32) throws(KernelError) {
    // PR_SCHED_CORE_SHARE_FROM takes one thread's and gives it to this thread: no other type is known.
    try check("prctl", "PR_SCHED_CORE") { ckernel_prctl(62, 3, UInt(pid), 0, 0) }
  }

  /// Takes a capability out of the bounding set for ever.
  ///
  /// See: PR_CAPBSET_DROP in prctl(2).
  package static func dropFromBoundingSet(_ capability: Int) throws(KernelError) {
    try check("prctl", "PR_CAPBSET_DROP \(capability)") {
      ckernel_prctl(PR_CAPBSET_DROP, UInt(capability), 0, 0, 0)
    }
  }

  /// Leaves the session keyring for the one of a name, which is made if it isn't there.
  ///
  /// - Returns: the keyring's serial number.
  ///
  /// See: keyctl_join_session_keyring(3).
  package static func joinSessionKeyring(_ name: String) throws(KernelError) -> Int32 {
    try check("keyctl", "KEYCTL_JOIN_SESSION_KEYRING \(name)") {
      unsafe ckernel_join_session_keyring(name)
    }
  }

  /// Whose a key is.
  ///
  /// See: keyctl_describe(3): type, user, group, permissions and description, with semicolons between.
  package static func owner(ofKey key: Int32) throws(KernelError) -> UInt32 {
    var text = [UInt8](repeating: 0, count: 4096)
    let length = try check("keyctl", "KEYCTL_DESCRIBE") {
      unsafe text.withUnsafeMutableBytes { bytes in
        unsafe ckernel_describe_key(key, bytes.baseAddress, UInt(bytes.count))
      }
    }
    let fields = text.prefix(Int(length)).split(
      separator: UInt8(ascii: ";"),
      maxSplits: 2,
      omittingEmptySubsequences: false
    )
    guard fields.count == 3, let user = UInt32(String(decoding: fields[1], as: UTF8.self)) else {
      throw KernelError(call: "keyctl", code: .init(rawValue: EIO), subject: "KEYCTL_DESCRIBE")
    }
    return user
  }

  /// Says who may do what with a key.
  ///
  /// See: keyctl_setperm(3).
  package static func setKeyPermissions(_ key: Int32, _ mask: UInt32) throws(KernelError) {
    try check("keyctl", "KEYCTL_SETPERM") { ckernel_set_key_permissions(key, mask) }
  }
}
