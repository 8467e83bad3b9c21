extension Judgement {
  /// What lets a container do more than a container should, each with where it stands.
  static func weaknesses(
    of plan: ContainerPlan,
    _ configuration: Configuration,
  ) -> [ConfigurationError] {
    hostNamespaces(plan) + privileges(plan, configuration) + kernelInterfaces(plan)
      + devices(plan, configuration) + mounts(plan) + propagation(plan)
  }

  private static func hostNamespaces(_ plan: ContainerPlan) -> [ConfigurationError] {
    let kinds: [(kind: NamespaceKind, meaning: String)] = [
      (.mount, "only its root keeps it from the host's files, nothing is masked, and no /dev made"),
      (.pid, "it sees the host's processes, and may signal those of its users"),
      (.network, "it has the host's network, abstract sockets and loopback services included"),
      (.ipc, "it has the host's shared memory and message queues"),
      (.uts, "it has the host's name"),
      (.cgroup, "it sees where it is in the host's control groups"),
    ]
    return kinds.filter { plan.namespaces.source(of: $0.kind) == nil }.map { entry in
      ConfigurationError(
        pointer: "/linux/namespaces",
        rule: "has no \(entry.kind.rawValue) namespace: \(entry.meaning)",
        clause: "namespaces(7)",
      )
    }
  }

  private static func privileges(
    _ plan: ContainerPlan,
    _ configuration: Configuration,
  ) -> [ConfigurationError] {
    var found: [ConfigurationError] = []
    if plan.seccomp == nil {
      found.append(
        ConfigurationError(
          pointer: "/linux/seccomp",
          rule: "is missing: every system call of the kernel is within reach",
          clause: "config-linux.md, \"Seccomp\"",
        )
      )
    }
    if !plan.process.noNewPrivileges {
      found.append(
        ConfigurationError(
          pointer: "/process/noNewPrivileges",
          rule: "is not true: set-user-ID programs and file capabilities give rights",
          clause: "PR_SET_NO_NEW_PRIVS(2const)",
        )
      )
    }
    // In a user namespace of its own they reach no further than that.
    guard plan.namespaces.source(of: .user) == nil else { return found }
    let bounding = configuration.process?.capabilities?.bounding ?? []
    for (index, name) in bounding.enumerated() {
      guard let meaning = capabilityMeanings.first(where: { $0.name == name })?.meaning else {
        continue
      }
      found.append(
        ConfigurationError(
          pointer: "/process/capabilities/bounding/\(index)",
          rule: "\(name) without a user namespace \(meaning)",
          clause: "capabilities(7)",
        )
      )
    }
    return found
  }

  /// What a capability of the host means, for those that lead out of a container.
  private static let capabilityMeanings = [
    (name: "CAP_SYS_ADMIN", meaning: "is close to being root of the host"),
    (name: "CAP_SYS_MODULE", meaning: "loads code into the host's kernel"),
    (name: "CAP_SYS_RAWIO", meaning: "reaches the host's memory and ports"),
    (name: "CAP_SYS_PTRACE", meaning: "reads the memory of every process that it sees"),
    (name: "CAP_SYS_BOOT", meaning: "restarts the host"),
    (name: "CAP_SYS_TIME", meaning: "sets the host's clock"),
    (name: "CAP_DAC_READ_SEARCH", meaning: "opens the host's files by their handles"),
    (name: "CAP_BPF", meaning: "loads programs into the host's kernel"),
    (name: "CAP_PERFMON", meaning: "watches the host's kernel"),
    (name: "CAP_SYSLOG", meaning: "reads the host's kernel log, with addresses"),
    (name: "CAP_MAC_ADMIN", meaning: "changes the host's security policy"),
    (name: "CAP_MAC_OVERRIDE", meaning: "overrides the host's security policy"),
  ]

  private static func kernelInterfaces(_ plan: ContainerPlan) -> [ConfigurationError] {
    let hasProc = plan.mounts.contains { mount in
      guard case .filesystem("proc", _) = mount.kind else { return false }
      return !mount.isReadOnly
    }
    guard hasProc, plan.namespaces.source(of: .user) == nil else { return [] }
    var found: [ConfigurationError] = []
    for path in ["/proc/sys", "/proc/sysrq-trigger"] where !plan.protects(path) {
      found.append(
        ConfigurationError(
          pointer: "/linux/readonlyPaths",
          rule: "lacks \(path): the container's root may write the host's kernel parameters there",
          clause: "config-linux.md, \"Readonly Paths\"",
        )
      )
    }
    if !plan.protects("/proc/kcore") {
      found.append(
        ConfigurationError(
          pointer: "/linux/maskedPaths",
          rule: "lacks /proc/kcore: it is the host's memory",
          clause: "config-linux.md, \"Masked Paths\"",
        )
      )
    }
    return found
  }

  private static func devices(
    _ plan: ContainerPlan,
    _ configuration: Configuration,
  ) -> [ConfigurationError] {
    guard plan.namespaces.source(of: .user) == nil else { return [] }
    var found = (configuration.linux?.devices ?? []).enumerated().map { index, device in
      ConfigurationError(
        pointer: "/linux/devices/\(index)",
        rule: "\(quoted(device.path)) is a device of the host, for a root that is the host's: "
          + "add a user namespace",
        clause: "config-linux.md, \"Devices\"",
      )
    }
    for (index, rule) in (plan.cgroup.resources.devices ?? []).enumerated() where rule.allowsAll {
      found.append(
        ConfigurationError(
          pointer: "/linux/resources/devices/\(index)",
          rule: "allows every device of the host",
          clause: "config-linux.md, \"Allowed Device list\"",
        )
      )
    }
    return found
  }

  private static func mounts(_ plan: ContainerPlan) -> [ConfigurationError] {
    plan.mounts.compactMap { mount in
      let rule: String
      switch mount.kind {
      case .cgroup where !mount.isReadOnly:
        rule = "is writable: the container changes its own limits"
      case .bind(let source, _) where isEngineSocket(source):
        rule = "gives the container a socket of an engine that runs as root: \(quoted(source))"
      case .bind(let source, _)
      where !mount.isReadOnly && hostDirectories.contains(source.cleanAbsolutePath):
        rule = "gives the container \(quoted(source)) of the host to write to"
      default: return nil
      }
      return ConfigurationError(
        pointer: mount.pointer,
        rule: rule,
        clause: "config.md, \"Mounts\"",
      )
    }
  }

  private static func isEngineSocket(_ source: String) -> Bool {
    ["docker.sock", "containerd.sock", "podman.sock", "crio.sock", "dockershim.sock"]
      .contains { source.hasSuffix("/\($0)") }
  }

  private static let hostDirectories = [
    "/", "/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/proc", "/root", "/sbin", "/sys",
    "/usr", "/var",
  ]

  private static func propagation(_ plan: ContainerPlan) -> [ConfigurationError] {
    guard plan.rootfs.propagation?.kind == .shared else { return [] }
    return [
      ConfigurationError(
        pointer: "/linux/rootfsPropagation",
        rule: "is shared: what the container mounts, the host sees",
        clause: "config-linux.md, \"Rootfs Mount Propagation\"",
      )
    ]
  }
}

extension ContainerPlan {
  /// Whether a path of procfs is read-only or hidden, itself or with what is around it.
  fileprivate func protects(_ path: String) -> Bool {
    (readonlyPaths + maskedPaths).contains { path == $0 || path.hasPrefix("\($0)/") }
  }
}

extension MountPlan {
  fileprivate var isReadOnly: Bool {
    (attributes.set | recursiveAttributes.set) & MountAttribute.readOnly != 0
  }
}

extension DeviceRule {
  fileprivate var allowsAll: Bool {
    isAllowed && kind == .all && major == nil && minor == nil && access.contains(.write)
  }
}
