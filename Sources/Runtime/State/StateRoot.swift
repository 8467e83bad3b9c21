package import Kernel

/// The directory that holds one directory a container: `--root`, /run/swrun by default.
package struct StateRoot: ~Copyable, Sendable {
  package let directory: OwnedDescriptor
  package let path: String

  /// Opens the directory, and makes it if it isn't there.
  ///
  /// - Throws: `unsafeRoot` when others own it or may write in it: they could make swrun signal any
  ///   process, or load any filter.
  package init(path: String) throws(StateError) {
    directory = try Self.openOrMake(path)
    self.path = path
  }

  private static func openOrMake(_ path: String) throws(StateError) -> OwnedDescriptor {
    let opened = try wrapping { () throws(KernelError) in try openDirectory(path) }
    let status = try wrapping { () throws(KernelError) in try opened.status() }
    guard status.owner == Process.effectiveUser else {
      throw .unsafeRoot(path, reason: "uid \(status.owner) owns it")
    }
    guard status.mode & 0o022 == 0 else {
      throw .unsafeRoot(path, reason: "others may write in it: chmod go-w")
    }
    return opened
  }

  private static func openDirectory(_ path: String) throws(KernelError) -> OwnedDescriptor {
    do throws(KernelError) {
      return try open(path, [.readOnly, .directory])
    } catch  where error.code == .noEntry {
      try makeDirectories(path, mode: 0o700)
      return try open(path, [.readOnly, .directory])
    }
  }

  /// The names of all containers that have a directory here.
  package func containers() throws(StateError) -> [ContainerID] {
    let names = try wrapping { () throws(KernelError) in try Directory.names(in: directory) }
    // A name that no container can have is not ours to judge: the filters' cache, a lost file.
    return names.sorted().compactMap(ContainerID.init(ifValid:))
  }
}
