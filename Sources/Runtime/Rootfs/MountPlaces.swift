import Kernel
package import RuntimeSpec

extension ContainerRoot {
  /// Makes the place of each mount that has its place in the rootfs itself, unless it is there.
  ///
  /// Who mounts what a checkpoint holds needs them, and a fresh rootfs lacks them. A place below
  /// another mount comes with that.
  package func makePlaces(_ mounts: [MountPlan]) throws(RootfsError) {
    for mount in mounts where !mount.isRemount {
      let isBelow = mounts.contains {
        $0.destination != "/" && mount.destination.utf8.starts(with: ($0.destination + "/").utf8)
      }
      guard !isBelow else { continue }
      _ = try findOrMake(mount.destination, missing: try missingKind(mount))
    }
  }

  private func missingKind(_ mount: MountPlan) throws(RootfsError) -> Missing {
    guard case .bind(let source, _) = mount.kind else { return .directory }
    let status = try about(mount.subject) { () throws(KernelError) in
      try open(source, [.path]).status()
    }
    return status.kind == .directory ? .directory : .file
  }
}
