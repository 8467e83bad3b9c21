package import JSON

/// The config.json that `spec` writes: a shell in a container of the usual strength.
///
/// - Parameter rootless: the user and group that become the container's root in a user namespace
///   of its own; nil for a container that the host's root runs.
/// - Returns: a document that decodes into a `Configuration` and a `ContainerPlan`.
package func defaultConfiguration(rootless: (uid: UInt32, gid: UInt32)?) -> JSONValue {
  .object([
    .init("ociVersion", .string(SpecificationVersion.newest)),
    .init("process", defaultProcess),
    .init("root", ["path": "rootfs", "readonly": true]),
    .init("hostname", "swrun"),
    .init("mounts", defaultMounts(isRootless: rootless != nil)),
    .init("linux", defaultLinux(rootless: rootless)),
  ])
}

private var defaultProcess: JSONValue {
  // No ambient set: root needs none, and nobody else can have one without an inheritable set.
  let capabilities = JSONValue.strings(["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"])
  return [
    "terminal": true,
    "user": ["uid": 0, "gid": 0],
    "args": ["sh"],
    "env": [
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      "TERM=xterm",
    ],
    "cwd": "/",
    "capabilities": [
      "bounding": capabilities,
      "effective": capabilities,
      "permitted": capabilities,
    ],
    "rlimits": [["type": "RLIMIT_NOFILE", "hard": 1024, "soft": 1024]],
    "noNewPrivileges": true,
  ]
}

private func defaultMounts(isRootless: Bool) -> JSONValue {
  func mount(_ destination: String, _ type: String, _ source: String, _ options: [String])
    -> JSONValue
  {
    .object(present: [
      ("destination", .string(destination)),
      ("type", .string(type)),
      ("source", .string(source)),
      ("options", options.isEmpty ? nil : .strings(options)),
    ])
  }
  let safe = ["nosuid", "noexec", "nodev"]
  // Group 5 (tty) isn't mapped when one group is all there is.
  let terminals = ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]
  return .array([
    mount("/proc", "proc", "proc", []),
    mount("/dev", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
    mount("/dev/pts", "devpts", "devpts", isRootless ? terminals : terminals + ["gid=5"]),
    mount("/dev/shm", "tmpfs", "shm", safe + ["mode=1777", "size=65536k"]),
    mount("/dev/mqueue", "mqueue", "mqueue", safe),
    // A new sysfs needs a network namespace of one's own.
    isRootless
      ? mount("/sys", "none", "/sys", ["rbind"] + safe + ["ro"])
      : mount("/sys", "sysfs", "sysfs", safe + ["ro"]),
    mount("/sys/fs/cgroup", "cgroup", "cgroup", safe + ["relatime", "ro"]),
  ])
}

private func defaultLinux(rootless: (uid: UInt32, gid: UInt32)?) -> JSONValue {
  func mapping(to identity: UInt32) -> JSONValue {
    [["containerID": 0, "hostID": .integer(Int64(identity)), "size": 1]]
  }
  let kinds = ["pid", "ipc", "uts", "mount", "cgroup", rootless == nil ? "network" : "user"]
  return .object(present: [
    ("uidMappings", rootless.map { mapping(to: $0.uid) }),
    ("gidMappings", rootless.map { mapping(to: $0.gid) }),
    ("resources", rootless == nil ? ["devices": [["allow": false, "access": "rwm"]]] : nil),
    ("namespaces", .array(kinds.map { ["type": .string($0)] })),
    (
      "maskedPaths",
      .strings([
        "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys",
        "/proc/latency_stats", "/proc/sched_debug", "/proc/scsi", "/proc/timer_list",
        "/proc/timer_stats", "/sys/devices/virtual/powercap", "/sys/firmware",
      ])
    ),
    (
      "readonlyPaths",
      .strings(["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"])
    ),
  ])
}
