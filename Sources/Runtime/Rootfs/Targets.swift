import Kernel

/// Places in the container, resolved from its root and made where they are missing.
extension ContainerRoot {
  /// What a missing last component is made as.
  package enum Missing: Sendable {
    case directory, file
  }

  /// Opens what a path of the container names; nil when there is nothing.
  ///
  /// Symbolic links of the image are followed inside the root; those of procfs not at all.
  func find(_ path: String) throws(KernelError) -> OwnedDescriptor? {
    do throws(KernelError) {
      return try open(at: descriptor, path, [.path], [.inRoot, .noMagicLinks])
    } catch  where error.code == .noEntry || error.code == .notDirectory {
      return nil
    }
  }

  /// Opens a directory that must be real: no symbolic link on the way, none at the end.
  ///
  /// An image could have /proc, /sys or /dev lead elsewhere (CVE-2019-19921, CVE-2023-27561).
  func openRealDirectory(_ path: String) throws(KernelError) -> OwnedDescriptor? {
    do throws(KernelError) {
      return try open(at: descriptor, path, [.path, .directory], [.inRoot, .noSymlinks])
    } catch  where error.code == .noEntry {
      return nil
    }
  }

  /// Opens what a path of the container names, after making it and its parents where missing.
  func findOrMake(_ path: String, missing: Missing) throws(RootfsError) -> OwnedDescriptor {
    try findOrMake(components(of: path), missing: missing, linksLeft: 40, path: path)
  }

  /// The steps may have `..` among them where they come from a symbolic link.
  private func findOrMake(
    _ path: [Substring],
    missing: Missing,
    linksLeft: Int,
    path original: String,
  ) throws(RootfsError) -> OwnedDescriptor {
    let whole = "/" + path.joined(separator: "/")
    if let found = try about(original, { () throws(KernelError) in try find(whole) }) {
      return found
    }
    guard let name = path.last else { throw .refused("\(original): is not below the rootfs") }
    let parentPath = Array(path.dropLast())
    let parent = try findOrMake(
      parentPath,
      missing: .directory,
      linksLeft: linksLeft,
      path: original
    )
    // Now that the way there exists the kernel knows where a `..` on it leads.
    if path.contains(".."),
      let found = try about(original, { () throws(KernelError) in try find(whole) })
    {
      return found
    }
    if let target = try danglingLink(String(name), in: parent, path: original) {
      guard linksLeft > 0 else { throw .refused("\(original): too many symbolic links") }
      let base = target.utf8.first == UInt8(ascii: "/") ? [] : parentPath
      return try findOrMake(
        base + target.pathSteps.filter { $0 != "." },
        missing: missing,
        linksLeft: linksLeft - 1,
        path: original
      )
    }
    return try about(original) { () throws(KernelError) in
      try Self.make(String(name), missing, in: parent)
    }
  }

  /// The target of a symbolic link that leads to nothing; nil when the name is not there.
  private func danglingLink(
    _ name: String,
    in parent: borrowing OwnedDescriptor,
    path: String,
  ) throws(RootfsError) -> String? {
    let status: FileStatus
    do throws(KernelError) {
      status = try Directory.status(at: parent, name)
    } catch  where error.code == .noEntry {
      return nil
    } catch {
      throw .kernel(error, subject: path)
    }
    guard status.kind == .symbolicLink else {
      throw .refused("\(path): \(name) is in the way: it is no directory")
    }
    return try about(path) { () throws(KernelError) in try Directory.readLink(at: parent, name) }
  }

  /// Makes what is not there, by its name alone.
  static func make(
    _ name: String,
    _ kind: Missing,
    in parent: borrowing OwnedDescriptor,
  ) throws(KernelError) -> OwnedDescriptor {
    // mkdirat(2) would follow links on the way: a name is a name, whatever made it.
    guard !name.hasSlash else { throw KernelError(call: "mkdirat", code: .invalid, subject: name) }
    switch kind {
    case .directory:
      try Directory.make(at: parent, name, mode: 0o755)
      return try open(
        at: parent,
        name,
        [.path, .directory, .noFollow],
        [.beneath, .noSymlinks]
      )
    case .file:
      return try open(
        at: parent,
        name,
        [.readOnly, .create, .exclusive, .noFollow],
        mode: 0o644,
        [.beneath, .noSymlinks]
      )
    }
  }

  /// The steps of a path of the plan: empty ones and `.` fall out, `..` takes the step before with
  /// it, as the text of a destination decides alone.
  func components(of path: String) -> [Substring] {
    var steps: [Substring] = []
    for step in path.pathSteps {
      switch step {
      case ".": continue
      case "..": _ = steps.popLast()
      default: steps.append(step)
      }
    }
    return steps
  }
}

extension ContainerRoot {
  /// Makes a directory of the container, with its parents, unless it is there.
  package func makeDirectory(_ path: String) throws(RootfsError) {
    _ = try findOrMake(path, missing: .directory)
  }
}
