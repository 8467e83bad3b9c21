package import Kernel

/// A container's place below the root of the hierarchy: a checked path.
package struct CgroupLocation: Equatable, Sendable {
  /// At least one; none empty, `.` or `..`.
  let components: [String]

  /// Absolute, seen from the root of the hierarchy.
  package var path: String { "/" + components.joined(separator: "/") }

  /// Checks a path that is absolute, seen from the root of the hierarchy.
  package init(path: String) throws(CgroupError) {
    let parts = path.pathSteps.filter { $0 != "." }.map(String.init)
    guard !parts.isEmpty else {
      throw .invalidPath(path, reason: "the root of the hierarchy is no place for a container")
    }
    for part in parts {
      guard part != ".." else { throw .invalidPath(path, reason: "it may not contain ..") }
      guard part.utf8.count <= 255 else {
        throw .invalidPath(path, reason: "no part may be over 255 bytes")
      }
      guard !part.utf8.contains(where: { $0 == 0 || $0 == UInt8(ascii: "\n") }) else {
        throw .invalidPath(path, reason: "it may not contain a line break or NUL")
      }
    }
    components = parts
  }

  /// The place that a configuration names, or the default one.
  ///
  /// An absolute path starts at the root. A relative one starts at the parent of this process's own
  /// cgroup: in its own there are processes, and cgroup v2 gives no controllers below such a one.
  /// The default is the relative path `swrun-ID`.
  ///
  /// Spec: config-linux.md, "Cgroups Path".
  package init(
    cgroupsPath: String?,
    id: String,
    _ processes: borrowing ProcessFiles,
  ) throws(CgroupError) {
    if let cgroupsPath, cgroupsPath.utf8.first == UInt8(ascii: "/") {
      try self.init(path: cgroupsPath)
      return
    }
    let own = try CgroupHierarchy.ownPath(processes)
    try self.init(relative: cgroupsPath ?? "swrun-\(id)", own: own)
  }

  init(relative: String, own: String) throws(CgroupError) {
    // "/../x": this process is outside of what its cgroup namespace shows.
    guard !own.pathSteps.contains("..") else {
      throw .invalidPath(
        own,
        reason: "this process's own cgroup is outside of its cgroup namespace"
      )
    }
    let parent = own.pathSteps.dropLast().joined(separator: "/")
    try self.init(path: "/\(parent)/\(relative)")
  }

  /// The path of a component's directory below the root, without a leading slash.
  func relativePath(through count: Int) -> String {
    components.prefix(count).joined(separator: "/")
  }
}
