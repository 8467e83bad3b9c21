import Cgroups
import Kernel
import RuntimeSpec
import State

/// A mount whose content CRIU does not carry: it is there again when the container is restored.
///
/// In an image it goes by its destination as config.json has it, which a restored container may take
/// from elsewhere. CRIU itself wants the true path of the mount point when it dumps, with symbolic
/// links of the image resolved.
struct ExternalMount: Equatable {
  /// Absolute, in the container.
  var name: String
  /// Absolute, on the host.
  var source: String
  /// Whether what is mounted below comes with it.
  var isRecursive: Bool
}

/// What a container that shares the host's cgroup namespace sees as the hierarchy.
///
/// The whole, where /proc/self/cgroup tells it its place: bound and not mounted anew, as that would take
/// nsdelegate and the like from the host's. To the root of a user namespace, which the host's modes may
/// let write there (CVE-2023-25809), it is the container's own cgroup, if it has one.
func sharedHierarchy(_ mountPoint: String, _ cgroup: String?, isInUserNamespace: Bool) -> String {
  isInUserNamespace ? mountPoint + (cgroup ?? "") : mountPoint
}

extension ContainerRecord {
  /// What the container sees as the hierarchy if it shares the host's cgroup namespace; nil where it
  /// has no cgroup.
  func hierarchySeen(at mountPoint: String) -> String? {
    cgroup.map { sharedHierarchy(mountPoint, $0, isInUserNamespace: isInUserNamespace) }
  }
}

extension ExternalMount {
  /// What of a container's mounts comes from outside.
  ///
  /// - Parameters:
  ///   - plan: the container's.
  ///   - cgroupDirectory: what a container without a cgroup namespace sees as its cgroup.
  ///   - added: what it has been given since.
  /// - Returns: the mounts in the order of the plan, hidden files left out.
  static func list(
    _ plan: ContainerPlan,
    cgroupDirectory: String?,
    added: [AddedMount],
  ) -> [ExternalMount] {
    var list: [ExternalMount] = []
    for mount in plan.mounts where !mount.isRemount {
      switch mount.kind {
      case .bind(let source, let isRecursive):
        list.append(.init(name: mount.destination, source: source, isRecursive: isRecursive))
      case .cgroup:
        guard plan.namespaces.source(of: .cgroup) == nil, let cgroupDirectory else { continue }
        list.append(.init(name: mount.destination, source: cgroupDirectory, isRecursive: false))
      case .filesystem: continue
      }
    }
    for mount in added {
      guard let source = mount.source else { continue }
      list.append(.init(name: mount.destination, source: source, isRecursive: true))
    }
    if plan.namespaces.source(of: .user) != nil {
      list += plan.devices.map { .init(name: $0.path, source: $0.path, isRecursive: false) }
    }
    return list
  }

  /// For CRIU to restore, with the mounts that are below the source now.
  func restored(_ table: [MountEntry]) throws(KernelError) -> [String] {
    guard isRecursive else { return ["mnt[\(name)]:\(source)"] }
    let real = try canonicalPath(source)
    return ["mnt[\(name)]:\(real)"]
      + table.restsBelow(real).map { "mnt[\(name)\($0)]:\(real)\($0)" }
  }
}

/// The mounts of a container that runs, by the file that each path in it means.
struct RunningMountTable: ~Copyable {
  private let root: OwnedDescriptor
  private let entries: [MountEntry]

  init(of pid: Int32, _ processes: borrowing ProcessFiles) throws(KernelError) {
    let entries = MountEntry.table(try processes.read("\(pid)/mountinfo", limit: 64 << 20))
    root = try processes.openTarget(of: "\(pid)/root", [.path, .directory])
    self.entries = entries
  }

  /// Whether a mount is one of the container's.
  func has(_ id: UInt64) -> Bool { entries.contains { $0.id == id } }

  /// For CRIU to dump; nothing where the mount is not there (any more).
  func dumped(_ mount: ExternalMount) throws(KernelError) -> [String] {
    guard let found = try find(mount.name, orDirectory: true) else { return [] }
    let own = ["mnt[\(found.path)]:\(mount.name)"]
    guard mount.isRecursive else { return own }
    return own
      + entries.restsBelow(found.path).map { "mnt[\(found.path)\($0)]:\(mount.name)\($0)" }
  }

  /// For CRIU to dump a file that is hidden behind the host's null device; nothing for a directory,
  /// which is hidden behind a file system of the container's own.
  func dumped(mask path: String) throws(KernelError) -> [String] {
    guard let found = try find(path, orDirectory: false) else { return [] }
    return ["mnt[\(found.path)]:\(path)"]
  }

  private func find(_ path: String, orDirectory: Bool) throws(KernelError) -> MountEntry? {
    do throws(KernelError) {
      let place = try open(at: root, path, [.path], [.inRoot, .noMagicLinks])
      guard try place.isMountRoot() else { return nil }
      if !orDirectory, try place.status().kind == .directory { return nil }
      let id = try place.mountID()
      return entries.last { $0.id == id }
    } catch  where error.code == .noEntry || error.code == .notDirectory {
      return nil
    }
  }
}
