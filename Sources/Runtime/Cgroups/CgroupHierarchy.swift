package import Kernel

/// The root of the cgroup2 file system that this process sees.
package struct CgroupHierarchy: ~Copyable {
  let root: OwnedDescriptor
  /// Where it is mounted.
  package let mountPoint: String

  /// Finds the hierarchy: where every current system has it, where systemd's hybrid layout has it,
  /// or wherever the mount table says.
  ///
  /// - Throws: `notMounted`.
  package init(_ processes: borrowing ProcessFiles) throws(CgroupError) {
    for path in ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"] {
      if let opened = try Self.open(path) {
        root = opened
        mountPoint = path
        return
      }
    }
    guard let path = try Self.mountedPath(processes), let opened = try Self.open(path) else {
      throw .notMounted
    }
    root = opened
    mountPoint = path
  }

  /// Nil when something else is there, or nothing.
  private static func open(_ path: String) throws(CgroupError) -> OwnedDescriptor? {
    do throws(KernelError) {
      let directory = try Kernel.open(path, [.path, .directory])
      guard try directory.fileSystemMagic() == FileSystemMagic.cgroup2 else { return nil }
      return directory
    } catch  where [.noEntry, .notDirectory].contains(error.code) {
      return nil
    } catch {
      throw .kernel(error)
    }
  }

  private static func mountedPath(
    _ processes: borrowing ProcessFiles,
  ) throws(CgroupError) -> String? {
    try mounts(processes).first { $0.type == "cgroup2" }?.path
  }

  /// The cgroup of this process, below the root.
  static func ownPath(_ processes: borrowing ProcessFiles) throws(CgroupError) -> String {
    try path(of: "self", processes)
  }

  /// The cgroup of a process, below the root: `self`, or an id.
  ///
  /// See: cgroups(7), /proc/pid/cgroup.
  package static func path(
    of process: String,
    _ processes: borrowing ProcessFiles,
  ) throws(CgroupError) -> String {
    let text = try wrapping { () throws(KernelError) in try processes.read("\(process)/cgroup") }
    for line in text.split(separator: UInt8(ascii: "\n")) where line.starts(with: Array("0::".utf8))
    {
      return String(decoding: line.dropFirst(3), as: UTF8.self)
    }
    throw .notMounted
  }
}

/// A line of the mount table.
struct MountLine: Equatable {
  var path: String
  var type: String
  var options: [Substring]
}

/// The mounts of this process that have to do with control groups.
///
/// See: proc(5), /proc/pid/mountinfo.
func mounts(_ processes: borrowing ProcessFiles) throws(CgroupError) -> [MountLine] {
  let text = try wrapping { () throws(KernelError) in
    try processes.read("self/mountinfo", limit: 16 << 20)
  }
  return mountLines(in: String(decoding: text, as: UTF8.self))
}

func mountLines(in text: String) -> [MountLine] {
  text.split(separator: "\n").compactMap { line in
    let fields = line.split(separator: " ")
    guard let dash = fields.firstIndex(of: "-"), dash > 4, fields.count > dash + 3,
      fields[dash + 1].hasPrefix("cgroup")
    else { return nil }
    return MountLine(
      path: unescaped(fields[4]),
      type: String(fields[dash + 1]),
      options: fields[dash + 3].split(separator: ","),
    )
  }
}

/// Space, tab, newline and backslash stand in the table as three octal digits.
private func unescaped(_ field: Substring) -> String {
  var bytes: [UInt8] = []
  var rest = Array(field.utf8)[...]
  while let byte = rest.popFirst() {
    if byte == UInt8(ascii: "\\"),
      let code = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8)
    {
      bytes.append(code)
      rest = rest.dropFirst(3)
    } else {
      bytes.append(byte)
    }
  }
  return String(decoding: bytes, as: UTF8.self)
}
