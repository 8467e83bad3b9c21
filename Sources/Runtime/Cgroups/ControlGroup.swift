package import Kernel

/// A container's control group in the directory manager: a directory of the cgroup2 file system.
package struct ControlGroup: ~Copyable {
  package let location: CgroupLocation
  /// For clone3(2) with CLONE_INTO_CGROUP.
  package let directory: OwnedDescriptor
  /// How many of the location's components were there before this container.
  let foreignCount: Int
  /// Whether the directory was there before, and may have limits already.
  let isReused: Bool

  init(
    location: CgroupLocation,
    directory: consuming OwnedDescriptor,
    foreignCount: Int,
    isReused: Bool,
  ) {
    self.location = location
    self.directory = directory
    self.foreignCount = foreignCount
    self.isReused = isReused
  }

  /// Opens the control group of a container that exists; nil when it is gone.
  package static func existing(
    at location: CgroupLocation,
    in hierarchy: borrowing CgroupHierarchy,
  ) throws(CgroupError) -> ControlGroup? {
    do throws(KernelError) {
      let directory = try openGroup(location.relativePath(through: .max), in: hierarchy.root)
      // Directories above the container's own may be anyone's by now: they stay.
      return ControlGroup(
        location: location,
        directory: directory,
        foreignCount: location.components.count - 1,
        isReused: true,
      )
    } catch  where error.code == .noEntry {
      return nil
    } catch {
      throw .kernel(error)
    }
  }

  /// What tells the directory from one that is made at its place later.
  package func inode() throws(CgroupError) -> UInt64 {
    try wrapping { () throws(KernelError) in try directory.status().inode }
  }

  /// Opens this control group once more, or one below it by its path.
  ///
  /// - Throws: `invalidPath` for a way that leads out of it.
  package func opened(below path: String?) throws(CgroupError) -> OwnedDescriptor {
    let relative = try path.map { (path) throws(CgroupError) in
      guard !path.pathSteps.contains("..") else {
        throw .invalidPath(path, reason: "it may not contain ..")
      }
      return path.pathSteps.joined(separator: "/")
    }
    return try wrapping { () throws(KernelError) in
      try openGroup(relative.flatMap { $0.isEmpty ? nil : $0 } ?? ".", in: directory)
    }
  }

  /// Opens the control group that a process is in.
  ///
  /// - Throws: `invalidPath` when that is outside of what this process sees.
  package static func opened(
    of pid: Int32,
    in hierarchy: borrowing CgroupHierarchy,
    _ processes: borrowing ProcessFiles,
  ) throws(CgroupError) -> OwnedDescriptor {
    let path = try CgroupHierarchy.path(of: "\(pid)", processes)
    let parts = path.pathSteps
    guard !parts.contains("..") else {
      throw .invalidPath(path, reason: "it is outside of this process's cgroup namespace")
    }
    return try wrapping { () throws(KernelError) in
      try openGroup(parts.isEmpty ? "." : parts.joined(separator: "/"), in: hierarchy.root)
    }
  }

  /// Makes the container's root the owner of the files that a delegatee may write, so that a user
  /// namespace can manage what is below its own cgroup.
  ///
  /// See: cgroup-v2.rst, "Model of Delegation"; /sys/kernel/cgroup/delegate, since Linux 4.15.
  package func delegate(toUser user: UInt32) throws(CgroupError) {
    // The group stays: no id that means the same is known.
    let sameGroup = UInt32.max
    try wrapping { () throws(KernelError) in try directory.setOwner(user, group: sameGroup) }
    let list = try wrapping { () throws(KernelError) in
      try open("/sys/kernel/cgroup/delegate", [.readOnly]).readAll(limit: 4096)
    }
    for name in controllerNames(in: list) where !name.hasSlash {
      do throws(KernelError) {
        let file = try open(at: directory, name, [.path, .noFollow], [.beneath])
        try file.setOwner(user, group: sameGroup)
      } catch  where error.code == .noEntry {
        // The list is of all that could be there, with every controller.
      } catch {
        throw .kernel(error)
      }
    }
  }
}

extension ControlGroup {
  /// The text of a file without the line feed at its end; nil where it is not there, or can't be
  /// read.
  func content(of file: String) throws(CgroupError) -> String? {
    do throws(KernelError) {
      var bytes = try read(file, of: directory)
      while bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
      return String(decoding: bytes, as: UTF8.self)
    } catch  where error.code == .noEntry {
      return nil
    } catch  where error.code == .invalid || error.code == .accessDenied {
      // A file that is only to be written, as memory.reclaim: nothing to bring back.
      return nil
    } catch {
      throw .kernel(error)
    }
  }
}

/// Opens the directory of a control group, without leaving the hierarchy.
func openGroup(
  _ path: String,
  in parent: borrowing OwnedDescriptor,
) throws(KernelError) -> OwnedDescriptor {
  try open(
    at: parent,
    path,
    [.readOnly, .directory],
    [.beneath, .noSymlinks, .noMountCrossing],
  )
}

/// Writes a file of a control group in one call.
func write(
  _ text: String,
  to file: String,
  of group: borrowing OwnedDescriptor,
) throws(KernelError) {
  let opened = try open(at: group, file, [.writeOnly, .noFollow], [.beneath])
  try opened.writeOnce(text, subject: "\(file) (\(text))")
}

/// Reads a file of a control group whole.
func read(
  _ file: String,
  of group: borrowing OwnedDescriptor,
) throws(KernelError) -> [UInt8] {
  try open(at: group, file, [.readOnly, .noFollow], [.beneath])
    .readAll(limit: 64 << 20, subject: file)
}
