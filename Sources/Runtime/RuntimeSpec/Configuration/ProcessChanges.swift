/// What exec's command line changes of a container's own process section; nil and empty leave it.
package struct ProcessChanges: Sendable {
  package var cwd: String?
  package var uid: UInt32?
  package var gid: UInt32?
  package var additionalGids: [UInt32]
  package var environment: [String]
  package var capabilities: [String]
  package var apparmorProfile: String?
  package var selinuxLabel: String?
  package var noNewPrivileges: Bool?

  package init(
    cwd: String?,
    uid: UInt32?,
    gid: UInt32?,
    additionalGids: [UInt32],
    environment: [String],
    capabilities: [String],
    apparmorProfile: String?,
    selinuxLabel: String?,
    noNewPrivileges: Bool?,
  ) {
    self.cwd = cwd
    self.uid = uid
    self.gid = gid
    self.additionalGids = additionalGids
    self.environment = environment
    self.capabilities = capabilities
    self.apparmorProfile = apparmorProfile
    self.selinuxLabel = selinuxLabel
    self.noNewPrivileges = noNewPrivileges
  }
}

extension Configuration.Process {
  /// The section of a file for exec, with what confines the container's own process wherever it says
  /// nothing of that.
  ///
  /// As runc has it: what is left out is no wish for fewer rights, or for no AppArmor. Go programs leave
  /// `noNewPrivileges` out for false, so that it counts as it stands; and limits are nobody's.
  package func confined(like own: Configuration.Process) -> Configuration.Process {
    func text(_ given: String?, _ own: String?) -> String? { given ?? "" == "" ? own : given }
    var process = self
    process.capabilities = capabilities ?? own.capabilities
    process.apparmorProfile = text(apparmorProfile, own.apparmorProfile)
    process.selinuxLabel = text(selinuxLabel, own.selinuxLabel)
    process.oomScoreAdj = oomScoreAdj ?? own.oomScoreAdj
    process.scheduler = scheduler ?? own.scheduler
    process.ioPriority = ioPriority ?? own.ioPriority
    process.execCPUAffinity = execCPUAffinity ?? own.execCPUAffinity
    if user?.umask == nil, let umask = own.user?.umask {
      process.user = user ?? .init(uid: nil, gid: nil, umask: nil, additionalGids: nil)
      process.user?.umask = umask
    }
    return process
  }
}

extension ProcessChanges {
  /// The section with these changes, for another command and without a terminal.
  ///
  /// What it has for other platforms is not in it: of that there was a warning when the container was
  /// made.
  package func applied(
    to section: Configuration.Process,
    _ command: [String],
  ) -> Configuration.Process {
    var process = section
    process.args = command
    process.commandLine = nil
    process.terminal = false
    process.cwd = cwd ?? process.cwd
    process.env = (process.env ?? []) + environment
    process.user = changed(process.user)
    process.apparmorProfile = apparmorProfile ?? process.apparmorProfile
    process.selinuxLabel = selinuxLabel ?? process.selinuxLabel
    process.noNewPrivileges = noNewPrivileges ?? process.noNewPrivileges
    if !capabilities.isEmpty { process.capabilities = extended(process.capabilities) }
    return process
  }

  private func changed(_ user: Configuration.User?) -> Configuration.User {
    var user = user ?? .init(uid: nil, gid: nil, umask: nil, additionalGids: nil)
    user.username = nil
    user.uid = uid ?? user.uid
    user.gid = gid ?? user.gid
    user.additionalGids = (user.additionalGids ?? []) + additionalGids
    return user
  }

  /// Bounding, effective and permitted; never inheritable (CVE-2022-29162), and ambient only where
  /// the container has inheritable ones, without which there can be none: as runc does.
  private func extended(_ sets: Configuration.Capabilities?) -> Configuration.Capabilities {
    var sets =
      sets
      ?? .init(effective: nil, bounding: nil, inheritable: nil, permitted: nil, ambient: nil)
    sets.bounding = (sets.bounding ?? []) + capabilities
    sets.effective = (sets.effective ?? []) + capabilities
    sets.permitted = (sets.permitted ?? []) + capabilities
    if sets.inheritable != nil { sets.ambient = (sets.ambient ?? []) + capabilities }
    return sets
  }
}
