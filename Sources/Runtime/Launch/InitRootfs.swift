import Kernel
import Rootfs
import RuntimeSpec
import State
import Terminal

/// The steps that make the container's file system, up to the change of root.
extension Init {
  mutating func prepareRootfs() throws(InitFailure) {
    let plan = plan.rootfs
    do throws(RootfsError) {
      root = try ContainerRoot(plan)
    } catch {
      throw InitFailure(step: .prepareRootfs, error)
    }
  }

  mutating func mountFileSystems() throws(InitFailure) {
    let seesHostCgroups = plan.namespaces.source(of: .cgroup) == nil
    let directory = seesHostCgroups ? request.options.cgroupDirectory : nil
    let surroundings = MountSurroundings(
      cgroupDirectory: directory,
      showsWholeHierarchy: seesHostCgroups && request.record.cgroup == nil,
      openedSources: bindSources,
      label: plan.mountLabel
    )
    var unfinished: [(CInt, MountPlan)] = []
    for mount in plan.mounts {
      try withRoot(.mountFileSystems) { (root) throws(RootfsError) in
        if let open = try root.mount(mount, surroundings) {
          unfinished.append((open.release(), mount))
        }
      }
    }
    unfinishedMounts = unfinished
  }

  func makeDevices() throws(InitFailure) {
    // The host's own /dev, bound into the container, is not ours to change.
    guard !plan.mounts.contains(where: \.bindsDev) else { return }
    let byBinding = request.options.bindsDevices
    try withRoot(.makeDevices) { (root) throws(RootfsError) in
      for device in plan.devices { try root.make(device, byBinding: byBinding) }
      for link in plan.links { try root.make(link) }
    }
  }

  func makeWorkingDirectory() throws(InitFailure) {
    guard plan.process.cwd != "/" else { return }
    try withRoot(.makeWorkingDirectory) { (root) throws(RootfsError) in
      try root.makeDirectory(plan.process.cwd)
    }
  }

  mutating func openTerminal() throws(InitFailure) {
    guard let socket = console.take() else { return }
    let terminal = try takeTerminal(socket)
    try withRoot(.openTerminal) { (root) throws(RootfsError) in
      try root.bindConsole(terminal.slave)
    }
  }

  private func takeTerminal(
    _ socket: borrowing OwnedDescriptor,
  ) throws(InitFailure) -> ContainerTerminal {
    do throws(KernelError) {
      let directory = try duplicateOfRoot()
      let terminal = try ContainerTerminal(in: directory)
      if let size = plan.process.consoleSize {
        try PseudoTerminal.setSize(of: terminal.slave, rows: size.height, columns: size.width)
      }
      try terminal.sendMaster(over: socket)
      try terminal.takeOver()
      return terminal
    } catch {
      throw InitFailure(step: .openTerminal, error)
    }
  }

  private func duplicateOfRoot() throws(KernelError) -> OwnedDescriptor {
    switch root {
    case nil: throw .noRoot
    case let root?: try root.descriptor.duplicate()
    }
  }

  func setSysctls() throws(InitFailure) {
    for sysctl in plan.sysctls {
      try kernel(.setSysctls, "sysctl \(sysctl.key)") { () throws(KernelError) in
        try preparation.processes.write("sys/" + sysctl.path.joined(separator: "/"), sysctl.value)
      }
    }
  }

  func makePathsReadOnly() throws(InitFailure) {
    try withRoot(.makePathsReadOnly) { (root) throws(RootfsError) in
      try root.makeReadOnly(plan.readonlyPaths)
    }
  }

  func maskPaths() throws(InitFailure) {
    try withRoot(.maskPaths) { (root) throws(RootfsError) in try root.mask(plan.maskedPaths) }
  }

  mutating func sealRootfs() throws(InitFailure) {
    try withRoot(.sealRootfs) { (root) throws(RootfsError) in
      for (number, plan) in unfinishedMounts {
        try root.finishReadOnly(OwnedDescriptor(adopting: number), plan)
      }
      try root.seal()
    }
    unfinishedMounts = []
  }

  mutating func enterRootfs() throws(InitFailure) {
    let movesRoot = request.options.movesRoot
    guard let root = root.take() else { return }
    do throws(RootfsError) {
      try root.enter(byMoving: movesRoot)
    } catch {
      throw InitFailure(step: .enterRootfs, error)
    }
  }

  private func withRoot(
    _ step: InitStep,
    _ body: (borrowing ContainerRoot) throws(RootfsError) -> Void,
  ) throws(InitFailure) {
    do throws(RootfsError) {
      switch root {
      case nil: throw RootfsError.refused("the rootfs has not been opened")
      case let root?: try body(root)
      }
    } catch {
      throw InitFailure(step: step, error)
    }
  }
}

extension InitFailure {
  init(step: InitStep, _ error: RootfsError) {
    switch error {
    case .kernel(let error, let subject): self.init(step: step, error, subject: subject)
    case .refused(let reason): self.init(step: step, refusal: reason)
    }
  }
}

extension MountPlan {
  fileprivate var bindsDev: Bool {
    guard case .bind = kind else { return false }
    return destination == "/dev" || destination == "/dev/"
  }
}

extension KernelError {
  fileprivate static var noRoot: KernelError {
    KernelError(call: "open", code: .noEntry, subject: "rootfs")
  }
}
