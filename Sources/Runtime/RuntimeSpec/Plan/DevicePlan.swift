/// One device node or named pipe to make.
///
/// Spec: config-linux.md, "Devices".
package struct DevicePlan: Equatable, Sendable {
  /// The kinds of node.
  package enum Kind: String, Equatable, Sendable {
    case character = "c"
    case block = "b"
    case fifo = "p"

    /// The S_IF* bits of the kind.
    ///
    /// See: inode(7).
    package var modeBits: UInt32 {
      switch self {
      case .character: 0o020000
      case .block: 0o060000
      case .fifo: 0o010000
      }
    }
  }

  /// Absolute, in the container.
  package var path: String
  package var kind: Kind
  /// 0 for a fifo.
  package var major: UInt32
  /// 0 for a fifo.
  package var minor: UInt32
  /// Permission bits alone.
  package var fileMode: UInt32
  /// In the container.
  package var uid: UInt32
  /// In the container.
  package var gid: UInt32
}

/// One symbolic link that the runtime supplies.
///
/// Spec: runtime-linux.md, "Dev symbolic links".
package struct LinkPlan: Equatable, Sendable {
  /// Absolute, in the container.
  package var path: String
  package var target: String
}

extension DevicePlan {
  private static let clause = "config-linux.md, \"Devices\""

  /// The devices that every container has.
  ///
  /// Spec: config-linux.md, "Default Devices".
  package static let defaults: [DevicePlan] = [
    ("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9),
    ("tty", 5, 0),
  ].map { name, major, minor in
    DevicePlan(
      path: "/dev/\(name)",
      kind: .character,
      major: major,
      minor: minor,
      fileMode: 0o666,
      uid: 0,
      gid: 0,
    )
  }

  /// The default devices that the document doesn't list, and then the document's.
  ///
  /// Of several with one path the first is made, as runc has it: callers add theirs to those of an
  /// image without a look at them. Another device than that is worth a warning.
  static func list(
    _ devices: [Configuration.Device],
    warnings: inout [IgnoredSetting],
  ) throws(ConfigurationError) -> [DevicePlan] {
    var listed: [(pointer: String, plan: DevicePlan)] = []
    for (index, device) in devices.enumerated() {
      let pointer = "/linux/devices/\(index)"
      let plan = try DevicePlan(device, pointer)
      guard let first = listed.first(where: { $0.plan.path == plan.path }) else {
        listed.append((pointer, plan))
        continue
      }
      guard !plan.isSameDevice(as: first.plan) else { continue }
      warnings.append(
        IgnoredSetting(
          pointer: pointer,
          reason: "\(first.pointer) is another device at \(quoted(plan.path))",
          clause: clause,
        )
      )
    }
    let plans = listed.map(\.plan)
    return defaults.filter { device in !plans.contains { $0.path == device.path } } + plans
  }

  private func isSameDevice(as other: DevicePlan) -> Bool {
    kind == other.kind && major == other.major && minor == other.minor
  }

  private init(_ device: Configuration.Device, _ pointer: String) throws(ConfigurationError) {
    func failure(_ property: String, _ rule: String) -> ConfigurationError {
      ConfigurationError(pointer: "\(pointer)/\(property)", rule: rule, clause: Self.clause)
    }
    guard device.path.isAbsolutePath, device.path.cleanAbsolutePath != "/" else {
      throw failure("path", "must be an absolute path, is \(quoted(device.path))")
    }
    path = device.path.cleanAbsolutePath
    switch device.type {
    case "c", "u": kind = .character
    case "b": kind = .block
    case "p": kind = .fifo
    default: throw failure("type", "must be one of c, b, u and p, is \(quoted(device.type))")
    }
    // A dev_t of the kernel has 12 bits for the major and 20 for the minor number.
    let limits: [(name: String, number: Int64?, largest: Int64)] = [
      ("major", device.major, 0xFFF), ("minor", device.minor, 0xF_FFFF),
    ]
    for limit in limits where kind != .fifo {
      guard let number = limit.number else {
        throw failure(limit.name, "is required for a device and missing")
      }
      guard (0...limit.largest).contains(number) else {
        throw failure(limit.name, "must be from 0 to \(limit.largest), is \(number)")
      }
    }
    major = kind == .fifo ? 0 : UInt32(device.major ?? 0)
    minor = kind == .fifo ? 0 : UInt32(device.minor ?? 0)
    // Some callers leave the S_IF* bits of the host's node in the mode; the type says it better.
    let mode = device.fileMode ?? 0o666
    guard mode <= 0o177777 else { throw failure("fileMode", "must be a file mode, is \(mode)") }
    fileMode = mode & 0o7777
    uid = device.uid ?? 0
    gid = device.gid ?? 0
  }
}

extension LinkPlan {
  /// The links that every container has where nothing of the name is there yet.
  ///
  /// Spec: runtime-linux.md, "Dev symbolic links" and config-linux.md, "Default Devices" (ptmx).
  package static let defaults = [
    LinkPlan(path: "/dev/fd", target: "/proc/self/fd"),
    LinkPlan(path: "/dev/stdin", target: "/proc/self/fd/0"),
    LinkPlan(path: "/dev/stdout", target: "/proc/self/fd/1"),
    LinkPlan(path: "/dev/stderr", target: "/proc/self/fd/2"),
    LinkPlan(path: "/dev/ptmx", target: "pts/ptmx"),
  ]
}
