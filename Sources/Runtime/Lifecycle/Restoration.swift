import Cgroups
import Criu
import Hooks
import JSON
import Kernel
import Rootfs
import RuntimeSpec
import State

/// One container on its way back.
struct Restoration {
  let options: RestoreOptions
  let bundle: Bundle
  let place: CgroupPlace
  private(set) var record: ContainerRecord
  private var isCgroupOurs = false
  private var hasRunHooks = false

  private var plan: ContainerPlan { bundle.plan }

  init(
    options: RestoreOptions,
    bundle: Bundle,
    place: CgroupPlace,
    record: ContainerRecord,
  ) {
    self.options = options
    self.bundle = bundle
    self.place = place
    self.record = record
  }

  /// Takes every step, in the order of a creation: the record names the cgroup before there is one,
  /// and CRIU before it has done anything; CRIU is born in a cgroup that has its limits already, and
  /// what it restores with it; the pid file is the last.
  mutating func perform(
    in directory: borrowing ContainerDirectory,
    on host: borrowing Host,
  ) throws(RuntimeError) {
    let places = try ImagePlaces(options.checkpoint, isNew: false, log: "restore.log")
    let program = try findCriu(options.checkpoint.program)
    try write(to: directory)
    var birthplace = try makeControlGroup(at: place, for: plan, record, on: host)
    switch birthplace {
    case nil: record.cgroup = nil
    case let birthplace?:
      isCgroupOurs = true
      try birthplace.note(in: &record)
    }
    let filter = try confinement(of: plan, on: host).filter
    let basis = TenantBasis(plan, filter: filter, keepsKeyring: false)
    try withState { () throws(StateError) in try directory.write(basis) }
    try restore(program, places, into: birthplace, directory, on: host)
    try birthplace?.settle()
    record.isPrepared = true
    try write(to: directory)
    guard let pid = record.initProcess?.pid else { return }
    try writePIDFile(pid, at: options.pidFile)
  }

  private func write(to directory: borrowing ContainerDirectory) throws(RuntimeError) {
    try withState { () throws(StateError) in try directory.write(record) }
  }

  private mutating func restore(
    _ program: String,
    _ places: borrowing ImagePlaces,
    into birthplace: borrowing Birthplace?,
    _ directory: borrowing ContainerDirectory,
    on host: borrowing Host,
  ) throws(RuntimeError) {
    let console = try openConsole()
    var request = CriuRequest(
      .restore(root: plan.rootfs.path),
      imagesDirectory: places.images.raw,
      workDirectory: places.work.raw,
      logFile: "restore.log",
      settings: options.checkpoint.settings
    )
    try describe(&request, directory, on: host)
    let lent = try lendImages(in: places.imagePath)
    defer { for failure in lent?.takeBack() ?? [] { host.warn("images: \(failure)") } }
    let inherited = try InheritedFiles(request: &request, places, plan)
    let plan = plan
    let service = try withCriu { () throws(CriuError) in
      try CriuService.start(
        program,
        cgroup: birthplace.directory,
        inherited: inherited.numbers + places.numbers
      ) { () throws(CriuError) in
        try prepareRoot(plan, places)
      }
    }
    defer { service.end() }
    inherited.close()
    try adopt(service.pid, in: directory, on: host)
    // Whom the kernel does not let into the control group systemd takes there, and CRIU's children
    // with it.
    if !birthplace.takesBirths, let unit = record.unit {
      try attachToUnit(service.pid, unit, subgroup: plan.subgroup)
    }
    let pid = try converse(request, service, console, places, directory, on: host)
    guard let pid else { throw .refused("criu restored the container without naming its init") }
    try adopt(pid, in: directory, on: host)
  }

  /// Answers what CRIU asks until all is restored.
  private mutating func converse(
    _ request: CriuRequest,
    _ service: borrowing CriuService,
    _ console: borrowing OwnedDescriptor?,
    _ places: borrowing ImagePlaces,
    _ directory: borrowing ContainerDirectory,
    on host: borrowing Host,
  ) throws(RuntimeError) -> Int32? {
    try serve(request, service, log: "\(places.workPath)/restore.log") {
      (script, pid, descriptor) throws(RuntimeError) in
      host.debug("criu: \(script)")
      switch script {
      case "setup-namespaces":
        // The first moment at which init is there, and the one at which its network can be set up.
        guard let pid else { return }
        // Nothing of the container's runs yet, and its mounts are made by CRIU in that namespace.
        let user = try about("init") { () throws(KernelError) in
          try host.processes.userNamespace(of: "\(pid)")
        }
        record.namespaceOwners = NamespaceOwners(user: user, mounts: user)
        try adopt(pid, in: directory, on: host)
        try runHooksOfCreation(pid)
      case "orphan-pts-master":
        try send(descriptor, over: console)
      default: return
      }
    }
  }

  /// Records a process as the container's first.
  private mutating func adopt(
    _ pid: Int32,
    in directory: borrowing ContainerDirectory,
    on host: borrowing Host,
  ) throws(RuntimeError) {
    let identity = try about("process \(pid)") { () throws(KernelError) in
      try host.processes.identity(of: pid)
    }
    record.initProcess = InitProcess(pid: pid, startTime: identity.startTime)
    try write(to: directory)
  }

  private mutating func runHooksOfCreation(_ pid: Int32) throws(RuntimeError) {
    hasRunHooks = true
    let state = record.stateDocument(.creating, pid: pid).text(.compact)
    do throws(HookError) {
      try runHooks(
        plan.hooks.prestart,
        point: "prestart",
        state: state
      )
      try runHooks(
        plan.hooks.createRuntime,
        point: "createRuntime",
        state: state
      )
    } catch {
      throw .hook(error)
    }
  }

  /// Lets the container's root read what it is restored from, where that is nobody on the host.
  private func lendImages(in path: String) throws(RuntimeError) -> LentImages? {
    guard plan.namespaces.source(of: .user) == .new,
      let root = plan.namespaces.gidMappings.first(where: { $0.containerID == 0 })?.hostID
    else { return nil }
    return try LentImages(in: path, toGroup: root)
  }

  private func openConsole() throws(RuntimeError) -> OwnedDescriptor? {
    guard let path = options.consoleSocket else { return nil }
    return try connect(to: path, "console socket")
  }

  private func send(
    _ master: consuming OwnedDescriptor?,
    over console: borrowing OwnedDescriptor?,
  ) throws(RuntimeError) {
    guard let master = consume master else { return }
    switch console {
    case nil: throw .refused("the container has a terminal, and there is no --console-socket")
    case let socket?:
      try about("console socket") { () throws(KernelError) in
        try UnixSocket.send(master, with: [UInt8]("/dev/ptmx".utf8), over: socket)
      }
    }
  }

  /// Says what of the container is outside of its image.
  private func describe(
    _ request: inout CriuRequest,
    _ directory: borrowing ContainerDirectory,
    on host: borrowing Host,
  ) throws(RuntimeError) {
    request.configurationFile = try criuConfigurationFile(plan)
    request.cgroupRoot = record.cgroup
    let mountPoint = try withCgroups { () throws(CgroupError) in
      try CgroupHierarchy(host.processes).mountPoint
    }
    let mounts = ExternalMount.list(
      plan,
      cgroupDirectory: record.hierarchySeen(at: mountPoint),
      added: []
    )
    try about("mounts") { () throws(KernelError) in
      let table = MountEntry.table(try host.processes.read("self/mountinfo", limit: 64 << 20))
      for mount in mounts { request.external += try mount.restored(table) }
    }
    // For a container that has one, which its image alone tells; see addNotifySocket.
    let notify = try withState { () throws(StateError) in
      try directory.makeNotifyDirectory(in: host.root)
    }
    request.external.append("mnt[\(ContainerPlan.notifyDirectory)]:\(notify)")
    request.external += plan.maskedPaths.map { "mnt[\($0)]:/dev/null" }
    for entry in plan.namespaces.entries where entry.kind != .network && entry.kind != .pid {
      guard case .join(let path) = entry.source else { continue }
      request.joined.append(.init(name: entry.kind.procName, path: path))
    }
  }

  /// Takes back whatever has been made; what can't be taken back is named, and stays recorded.
  func cleanUp(_ directory: borrowing ContainerDirectory, on host: borrowing Host) {
    do throws(RuntimeError) {
      try killEverything(of: record, on: host)
      if isCgroupOurs { try removeControlGroup(of: record, on: host) }
      if hasRunHooks { runPoststopHooks(record, on: host) }
      try withState { () throws(StateError) in try directory.remove(from: host.root) }
    } catch {
      host.warn("can't clean up after the failure: \(error): try delete --force \(record.id)")
    }
  }
}

/// Makes the rootfs a mount, as CRIU wants it, in a mount namespace of CRIU's own: nothing of it is
/// ever seen on the host, and nothing is left of it.
private func prepareRoot(
  _ plan: ContainerPlan,
  _ places: borrowing ImagePlaces,
) throws(CriuError) {
  do throws(KernelError) {
    // CRIU before 3.19 does not know the attribute; what CRIU has its children inherit.
    if plan.process.noNewPrivileges { try Process.setNoNewPrivileges() }
    try leave(.mount, subject: "mount namespace")
    try places.reopen()
  } catch {
    throw .kernel(error, subject: "criu")
  }
  do throws(RootfsError) {
    let root = try ContainerRoot(
      RootfsPlan(path: plan.rootfs.path, isReadonly: false, propagation: nil)
    )
    try root.makePlaces(plan.mounts)
    // As it was in the container: see ContainerRoot.mask. In a user namespace CRIU wants the sharing of
    // what it binds from, which such a cover has not.
    if plan.namespaces.source(of: .user) == nil, !plan.maskedPaths.isEmpty {
      try root.shieldNull()
    }
  } catch {
    throw .refused("\(error)")
  }
}

/// Descriptors that CRIU gets under their numbers, for what an image only names.
private struct InheritedFiles {
  private(set) var numbers: [CInt] = []

  /// Opens the files, and adds them to a request.
  init(
    request: inout CriuRequest,
    _ places: borrowing ImagePlaces,
    _ plan: ContainerPlan,
  ) throws(RuntimeError) {
    for (name, stream) in try SavedStreams(from: places.images).inherited {
      let copy = try about("standard streams") { () throws(KernelError) in
        try OwnedDescriptor.duplicating(raw: stream)
      }
      add(copy, name, to: &request)
    }
    for kind in [NamespaceKind.network, .pid] {
      guard case .join(let path)? = plan.namespaces.source(of: kind) else { continue }
      let opened = try about("\(kind.rawValue) namespace") { () throws(KernelError) in
        try open(path, [.readOnly, .nonblocking])
      }
      add(opened, kind.externalName, to: &request)
    }
  }

  private mutating func add(
    _ file: consuming OwnedDescriptor,
    _ key: String,
    to request: inout CriuRequest,
  ) {
    let number = file.release()
    numbers.append(number)
    request.inherited.append(.init(key: key, descriptor: number))
  }

  /// Closes this process's copies.
  func close() {
    for number in numbers { _ = OwnedDescriptor(adopting: number) }
  }
}
