import ImageSpec

/// What every bundle contains, whatever the image: the same as a default container of Docker.
enum ContainerDefaults {
  static let capabilities = [
    "CAP_AUDIT_WRITE", "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL",
    "CAP_MKNOD", "CAP_NET_BIND_SERVICE", "CAP_NET_RAW", "CAP_SETFCAP", "CAP_SETGID",
    "CAP_SETPCAP", "CAP_SETUID", "CAP_SYS_CHROOT",
  ]

  static let searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

  static let maskedPaths = [
    "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys",
    "/proc/latency_stats", "/proc/sched_debug", "/proc/scsi", "/proc/timer_list",
    "/proc/timer_stats", "/sys/devices/virtual/powercap", "/sys/firmware",
  ]

  static let readonlyPaths = [
    "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
  ]

  /// File systems that a volume or mount of the image's must not hide.
  static let kernelPaths = ["/dev", "/proc", "/sys"]

  /// The mounts of every container; gid 5, `tty`, must exist in its user namespace to be used.
  static func mounts(hasTerminalGroup: Bool) -> [JSONValue] {
    let common = ["nosuid", "noexec", "nodev"]
    let terminals =
      ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]
      + (hasTerminalGroup ? ["gid=5"] : [])
    return [
      mount("/proc", "proc", common),
      mount("/dev", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
      mount("/dev/pts", "devpts", terminals),
      mount("/dev/shm", "tmpfs", source: "shm", common + ["mode=1777", "size=65536k"]),
      mount("/dev/mqueue", "mqueue", common),
      mount("/sys", "sysfs", common + ["ro"]),
      mount("/sys/fs/cgroup", "cgroup", common + ["relatime", "ro"]),
    ]
  }

  private static func mount(
    _ destination: String,
    _ type: String,
    source: String? = nil,
    _ options: [String],
  ) -> JSONValue {
    [
      "destination": .string(destination), "type": .string(type),
      "source": .string(source ?? type), "options": .strings(options),
    ]
  }

  /// No device but those that every runtime provides; nodes may be made, not opened.
  static let deviceRules: [JSONValue] = [
    ["allow": false, "access": "rwm"],
    ["allow": true, "type": "c", "access": "m"],
    ["allow": true, "type": "b", "access": "m"],
    characterDevice(1, 3), characterDevice(1, 5), characterDevice(1, 7), characterDevice(1, 8),
    characterDevice(1, 9), characterDevice(5, 0), characterDevice(5, 1), characterDevice(5, 2),
    ["allow": true, "type": "c", "major": 136, "access": "rwm"],
  ]

  private static func characterDevice(_ major: Int, _ minor: Int) -> JSONValue {
    [
      "allow": true, "type": "c", "major": .integer(major), "minor": .integer(minor),
      "access": "rwm",
    ]
  }
}
