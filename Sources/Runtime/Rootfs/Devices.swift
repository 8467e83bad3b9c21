package import Kernel
package import RuntimeSpec

/// Device nodes and the links beside them. Spec: config-linux.md, "Default Devices", "Devices".
extension ContainerRoot {
  /// Makes one device, or binds the host's where a user namespace forbids mknod(2).
  package func make(_ plan: DevicePlan, byBinding: Bool) throws(RootfsError) {
    let subject = "device \(plan.path)"
    let steps = components(of: plan.path)
    guard let name = steps.last.map(String.init) else {
      throw .refused("\(subject): is no path of a device")
    }
    let parent = try findOrMake(
      "/" + steps.dropLast().joined(separator: "/"),
      missing: .directory
    )
    if try isThere(plan, name: name, in: parent, mayBeCovered: byBinding) { return }
    if byBinding { return try bindFromHost(plan, over: name, in: parent, subject: subject) }
    try about(subject) { () throws(KernelError) in
      try Directory.makeDevice(
        at: parent,
        name,
        type: plan.kind.fileKind,
        mode: plan.fileMode,
        device: .init(major: plan.major, minor: plan.minor)
      )
      guard plan.uid != 0 || plan.gid != 0 else { return }
      try open(at: parent, name, [.path, .noFollow], [.beneath, .noSymlinks])
        .setOwner(plan.uid, group: plan.gid)
    }
  }

  /// Whether a name is the wanted device already.
  ///
  /// A plain file may be covered by a device: an earlier container of this rootfs has left it.
  ///
  /// - Throws: when something else has the name: an image must not decide what /dev/null is.
  private func isThere(
    _ plan: DevicePlan,
    name: String,
    in parent: borrowing OwnedDescriptor,
    mayBeCovered: Bool,
  ) throws(RootfsError) -> Bool {
    let status: FileStatus
    do throws(KernelError) {
      status = try Directory.status(at: parent, name)
    } catch  where error.code == .noEntry {
      return false
    } catch {
      throw .kernel(error, subject: "device \(plan.path)")
    }
    if mayBeCovered, status.kind == .regular { return false }
    let wanted = DeviceNumber(major: plan.major, minor: plan.minor)
    guard status.kind == plan.kind.fileKind, plan.kind == .fifo || status.device == wanted else {
      throw .refused("device \(plan.path): the rootfs has something else of that name")
    }
    return true
  }

  private func bindFromHost(
    _ plan: DevicePlan,
    over name: String,
    in parent: borrowing OwnedDescriptor,
    subject: String,
  ) throws(RootfsError) {
    let host = try about(subject) { () throws(KernelError) in
      try open(plan.path, [.path, .noFollow])
    }
    let status = try about(subject) { () throws(KernelError) in try host.status() }
    guard status.kind == plan.kind.fileKind,
      status.device == DeviceNumber(major: plan.major, minor: plan.minor)
    else {
      throw .refused("\(subject): the host has no such device at that path")
    }
    try about(subject) { () throws(KernelError) in
      let target: OwnedDescriptor
      do throws(KernelError) {
        target = try Self.make(name, .file, in: parent)
      } catch  where error.code == .exists {
        // Not what a link has come to lead to meanwhile.
        target = try open(at: parent, name, [.path, .noFollow], [.beneath, .noSymlinks])
      }
      // A device can be written to all the same; its owner, mode and times are the host's.
      let tree = try Mounting.readOnlyClone(host, subject: plan.path)
      try Mounting.attach(tree, on: target, subject: plan.path)
    }
  }

  /// Makes one link of /dev, in a /dev that is a real directory; what has its name stays.
  ///
  /// Spec: runtime-linux.md, "Dev symbolic links".
  package func make(_ link: LinkPlan) throws(RootfsError) {
    let steps = components(of: link.path)
    guard let name = steps.last.map(String.init) else { return }
    let parent = try findOrMake(
      "/" + steps.dropLast().joined(separator: "/"),
      missing: .directory
    )
    do throws(KernelError) {
      try Directory.makeSymbolicLink(at: parent, name, to: link.target)
    } catch  where error.code == .exists {
      // The image's own link, or a device node that a plain rootfs brought along.
    } catch {
      throw .kernel(error, subject: "link \(link.path)")
    }
  }

  /// Binds a terminal's slave over /dev/console.
  package func bindConsole(_ slave: borrowing OwnedDescriptor) throws(RootfsError) {
    let number = slave.raw
    let target = try findOrMake("/dev/console", missing: .file)
    try about("/dev/console") { () throws(KernelError) in
      let copy = try OwnedDescriptor.duplicating(raw: number)
      let tree = try Mounting.clone(copy, isRecursive: false, subject: "terminal")
      try Mounting.attach(tree, on: target, subject: "/dev/console")
    }
  }
}

extension DevicePlan.Kind {
  fileprivate var fileKind: FileKind {
    switch self {
    case .character: .characterDevice
    case .block: .blockDevice
    case .fifo: .fifo
    }
  }
}
