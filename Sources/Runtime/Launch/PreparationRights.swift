import Capabilities
import Confinement
import Kernel
import RuntimeSpec
import State

/// The steps that take rights away.
extension Preparation {
  func setProcessAttributes() throws(InitFailure) {
    if let personality = process.personality {
      try kernel(.setLimits, "linux.personality") { () throws(KernelError) in
        try setPersonality(personality.persona)
      }
    }
    if let policy = process.memoryPolicy {
      try kernel(.setLimits, "linux.memoryPolicy") { () throws(KernelError) in
        try setMemoryPolicy(policy)
      }
    }
    if let priority = process.ioPriority {
      try kernel(.setLimits, "process.ioPriority") { () throws(KernelError) in
        try setIOPriority(priority.value)
      }
    }
    if let scheduler = process.scheduler {
      try kernel(.setLimits, "process.scheduler") { () throws(KernelError) in
        try setScheduler(scheduler)
      }
    }
    Process.setFileModeMask(process.umask ?? 0o022)
  }

  func setResourceLimits() throws(InitFailure) {
    for limit in process.rlimits {
      try kernel(.setLimits, limit.subject) { () throws(KernelError) in
        try setResourceLimit(limit, of: 0)
      }
    }
  }

  /// Takes the session keyring of a container, which has the label of its processes.
  func joinKeyring(of id: ContainerID) throws(InitFailure) {
    if let label = process.selinuxLabel {
      try kernel(.joinKeyring, "process.selinuxLabel \(label)") { () throws(KernelError) in
        try setSELinuxKeyLabel(label, processes)
      }
    }
    try kernel(.joinKeyring) { () throws(KernelError) in
      try joinSessionKeyring(named: "_ses.\(id)")
    }
  }

  func setLabels() throws(InitFailure) {
    if let profile = process.apparmorProfile {
      try kernel(.setLabels, "process.apparmorProfile \(profile)") { () throws(KernelError) in
        try setAppArmorProfile(profile, processes)
      }
    }
    if let label = process.selinuxLabel {
      try kernel(.setLabels, "process.selinuxLabel \(label)") { () throws(KernelError) in
        try setSELinuxLabel(label, processes)
      }
    }
  }

  mutating func prepareLandlock() throws(InitFailure) {
    guard let plan = process.landlock else { return }
    do throws(KernelError) {
      ruleset = try landlockRuleset(of: plan)
    } catch {
      throw InitFailure(step: .prepareLandlock, error, subject: LandlockPlan.annotation)
    }
  }

  /// Restricts this process, and so the program, for good.
  func restrictReach() throws(InitFailure) {
    switch ruleset {
    case nil: return
    case let ruleset?:
      try kernel(.restrictReach) { () throws(KernelError) in try ruleset.restrictSelf() }
    }
  }

  func setNoNewPrivileges() throws(InitFailure) {
    guard process.noNewPrivileges else { return }
    try kernel(.setNoNewPrivileges) { () throws(KernelError) in
      try Process.setNoNewPrivileges()
    }
  }

  func dropBoundingSet() throws(InitFailure) {
    try kernel(.dropBoundingSet) { () throws(KernelError) in
      try dropBounding(keeping: credentials.bounding)
    }
  }

  func changeUser() throws(InitFailure) {
    try giveStandardStreams(to: process.uid)
    try kernel(.changeUser) { () throws(KernelError) in
      try Process.keepCapabilities(true)
      if !process.keepsGroups, !(process.additionalGids.isEmpty && deniesSetgroups) {
        try Process.setGroups(process.additionalGids)
      }
      try Process.setGroup(process.gid)
      try Process.setUser(process.uid)
      // Who has the container's user and sees this process, as in a shared pid namespace, must not get
      // at the host's files that it still has open (CVE-2016-9962). At once: where fs.suid_dumpable is
      // 1, the change of user has allowed it. execve does again.
      try Process.setDumpable(false)
      try Process.keepCapabilities(false)
    }
  }

  /// Lets the user open /dev/stdin and its like, which are the caller's pipes or terminal.
  private func giveStandardStreams(to user: UInt32) throws(InitFailure) {
    guard user != 0 else { return }
    for stream in CInt(0)...2 {
      do throws(KernelError) {
        try DescriptorTable.giveStream(stream, to: user)
      } catch  where [.permission, .invalid, .readOnly].contains(error.code) {
        // A file of a user that is not mapped here, or on a read-only file system: it stays as it
        // is, and works through the descriptor all the same.
      } catch {
        throw InitFailure(step: .changeUser, error)
      }
    }
  }

  /// Sets the final capabilities, and loads the filter where no_new_privs is off.
  ///
  /// With `leavesRights` both are left to the last yard.
  func confine(leavesRights: Bool) throws(InitFailure) {
    guard !leavesRights else { return }
    let prepared = PreparedExecution(execution, start: -1, failure: -1)
    try kernel(.confine) { () throws(KernelError) in try prepared.confine() }
  }
}
