import Capabilities
import Cgroups
import Confinement
import Hooks
import JSON
import Kernel
import Launch
import RuntimeSpec
import State
import SyscallFilter

/// One container in the making.
struct Creation {
  let options: CreateOptions
  let bundle: Bundle
  let startsAtGate: Bool
  let place: CgroupPlace
  var record: ContainerRecord

  /// Whether the place that the record names has been made by, or given to, this container.
  private(set) var isCgroupOurs = false

  private var plan: ContainerPlan { bundle.plan }

  init(
    options: CreateOptions,
    bundle: Bundle,
    startsAtGate: Bool,
    place: CgroupPlace,
    record: ContainerRecord,
  ) {
    self.options = options
    self.bundle = bundle
    self.startsAtGate = startsAtGate
    self.place = place
    self.record = record
  }

  /// What a container without a cgroup namespace sees as the hierarchy; nil when that is mounted anew.
  private func hostDirectory(
    _ path: String?,
    on host: borrowing Host,
  ) throws(RuntimeError) -> String? {
    guard plan.namespaces.source(of: .cgroup) == nil else { return nil }
    let isConfined = try plan.isInUserNamespace(on: host)
    let mountPoint: String
    do throws(CgroupError) {
      mountPoint = try CgroupHierarchy(host.processes).mountPoint
    } catch .notMounted where path == nil && !isConfined {
      return nil
    } catch {
      throw .cgroup(error)
    }
    return sharedHierarchy(mountPoint, path, isInUserNamespace: isConfined)
  }

  /// Takes every step of the creator, in this order for these reasons: the record names the cgroup
  /// before there is one, and init before it has done anything; init is born in a cgroup that has
  /// its limits already; the pid file is the last, as callers take it for success.
  mutating func perform(
    in directory: borrowing ContainerDirectory,
    _ console: consuming OwnedDescriptor?,
    on host: borrowing Host,
  ) throws(RuntimeError) -> PreparedInit {
    try write(to: directory)
    try makeResctrlGroup(for: plan, &record) { (record) throws(RuntimeError) in
      try withState { () throws(StateError) in try directory.write(record) }
    }
    var birthplace = try makeControlGroup(at: place, for: plan, record, on: host)
    switch birthplace {
    case nil:
      record.cgroup = nil
      host.debug("cgroup: none")
    case let birthplace?:
      isCgroupOurs = true
      try birthplace.note(in: &record)
      host.debug("cgroup \(birthplace.path): made, with its limits")
    }
    let prepared = try launch(into: birthplace, directory, console, on: host)
    do throws(RuntimeError) {
      try birthplace?.settle()
      host.debug("init: prepared")
      record.namespaceOwners = prepared.owners
      record.isPrepared = true
      try write(to: directory)
      try sendProcess(prepared.pid, to: options.pidfdSocket)
      try writePIDFile(prepared.pid, at: options.pidFile)
    } catch {
      prepared.kill()
      throw error
    }
    return prepared
  }

  private mutating func launch(
    into birthplace: borrowing Birthplace?,
    _ directory: borrowing ContainerDirectory,
    _ console: consuming OwnedDescriptor?,
    on host: borrowing Host,
  ) throws(RuntimeError) -> PreparedInit {
    let request = try launchRequest(birthplace.path, directory, on: host)
    try withState { () throws(StateError) in
      try directory.write(
        TenantBasis(plan, filter: request.filter, keepsKeyring: options.keepsKeyring)
      )
    }
    let inherited = try InheritedDescriptors(
      console: console,
      gate: startsAtGate ? openGate(in: directory) : nil,
      listener: try connectToListener(
        at: request.filter?.hasListener == true ? plan.seccomp?.listenerPath : nil
      ),
      withheld: [directory.descriptor.raw, host.root.directory.raw] + birthplace.descriptors,
    )
    do throws(RuntimeError) {
      return try launch(request, birthplace, inherited, directory, on: host)
    } catch {
      switch birthplace {
      case nil: throw error
      case let birthplace?: throw try explained(error, by: birthplace.group)
      }
    }
  }

  /// A failure to make init with what its cgroup says about it.
  private func explained(
    _ error: RuntimeError,
    by group: borrowing ControlGroup,
  ) throws(RuntimeError) -> RuntimeError {
    switch error {
    case .launch(.kernel), .launch(.handshake): break
    // Init itself has told what is wrong.
    default: return error
    }
    let reason = try withCgroups { () throws(CgroupError) in try group.hostilityToProcesses() }
    guard let reason else { return error }
    return .refused("\(error): \(reason)")
  }

  private func write(to directory: borrowing ContainerDirectory) throws(RuntimeError) {
    try withState { () throws(StateError) in try directory.write(record) }
  }

  private func launchRequest(
    _ cgroup: String?,
    _ directory: borrowing ContainerDirectory,
    on host: borrowing Host,
  ) throws(RuntimeError) -> LaunchRequest {
    let confinement = try confinement(of: plan, on: host)
    let isInUserNamespace = try plan.isInUserNamespace(on: host)
    var plan = plan
    let isDenied = try dropDeniedGroups(of: &plan.process, on: host)
    plan.process.addSockets(options.socketVariables)
    if options.notifyAddress != nil {
      plan.addNotifySocket(
        in: try withState { () throws(StateError) in
          try directory.makeNotifyDirectory(in: host.root)
        }
      )
    }
    return LaunchRequest(
      plan: plan,
      record: record,
      credentials: confinement.capabilities,
      filter: confinement.filter,
      options: LaunchOptions(
        movesRoot: options.movesRoot,
        keepsKeyring: options.keepsKeyring,
        preservedDescriptors: options.preservedDescriptors,
        cgroupDirectory: try hostDirectory(cgroup, on: host),
        deniesSetgroups: isDenied
          || plan.namespaces.source(of: .user) == .new
            && Process.effectiveUser != 0
            && plan.namespaces.gidMappings.mapOnly(Process.effectiveGroup),
        bindsDevices: isInUserNamespace,
        creatorSetsLimits: plan.namespaces.source(of: .user) != nil && Process.effectiveUser == 0
          && !plan.process.rlimits.isEmpty,
        isTraced: host.trace != nil
      )
    )
  }

  private mutating func launch(
    _ request: LaunchRequest,
    _ birthplace: borrowing Birthplace?,
    _ inherited: consuming InheritedDescriptors,
    _ directory: borrowing ContainerDirectory,
    on host: borrowing Host,
  ) throws(RuntimeError) -> PreparedInit {
    var record = record
    defer { self.record = record }
    // Whom the kernel does not let into the control group systemd takes there.
    let unit = birthplace.takesBirths ? nil : record.unit
    let subgroup = plan.subgroup
    do throws(LaunchError) {
      return try makeInit(
        request,
        cgroup: birthplace.directory,
        inherited: inherited,
        processes: host.processes,
        trace: host.trace
      ) { (pid) throws(LaunchError) in
        do throws(KernelError) {
          let identity = try host.processes.identity(of: pid)
          host.debug("init: born as process \(pid)")
          record.initProcess = InitProcess(pid: pid, startTime: identity.startTime)
        } catch {
          throw .kernel(error, subject: "init")
        }
        do throws(StateError) { try directory.write(record) } catch { throw .state(error) }
        do throws(RuntimeError) {
          try addToResctrlGroup(pid, record)
          if let unit { try attachToUnit(pid, unit, subgroup: subgroup) }
        } catch {
          throw .cgroup("\(error)")
        }
      }
    } catch {
      throw .launch(error)
    }
  }

  private func openGate(
    in directory: borrowing ContainerDirectory,
  ) throws(RuntimeError) -> InheritedDescriptors.Gate {
    try withState { () throws(StateError) in
      .init(start: try directory.makeGate(), failure: try directory.makeFailureFile())
    }
  }

  /// Whether hooks may have been run before a failure, so that poststop hooks have to undo them.
  ///
  /// Only init itself can tell that it did not get as far as that: who was killed says nothing.
  private func mayHaveRunHooks(before cause: RuntimeError) -> Bool {
    if case .launch(.initFailed(let failure)) = cause {
      return failure.step.rawValue >= InitStep.awaitRuntimeHooks.rawValue
    }
    return record.initProcess != nil
  }

  /// Takes back whatever has been made; what can't be taken back is named, and stays recorded.
  func cleanUp(
    _ directory: borrowing ContainerDirectory,
    after cause: RuntimeError,
    on host: borrowing Host,
  ) {
    do throws(RuntimeError) {
      if isCgroupOurs {
        try killEverything(of: record, on: host)
        try removeControlGroup(of: record, on: host)
      }
      try removeResctrlGroup(of: record)
      if mayHaveRunHooks(before: cause) { runPoststopHooks(record, on: host) }
      try withState { () throws(StateError) in try directory.remove(from: host.root) }
    } catch {
      host.warn("can't clean up after the failure: \(error): try delete --force \(options.id)")
    }
  }
}

/// Runs poststop hooks; a failing one is a warning, and the next ones run all the same.
///
/// Spec: runtime.md, "Lifecycle", step 13.
func runPoststopHooks(_ record: ContainerRecord, on host: borrowing Host) {
  let state = record.stateDocument(.stopped, pid: 0).text(.compact)
  for (index, hook) in record.poststop.enumerated() {
    do throws(HookError) {
      try runHook(hook, HookName(point: "poststop", index: index), state: state)
    } catch {
      host.warn("\(error)")
    }
  }
}

extension Birthplace? {
  fileprivate var path: String? {
    switch self {
    case nil: nil
    case let birthplace?: birthplace.path
    }
  }

  var directory: CInt? {
    switch self {
    case nil: nil
    case let birthplace?: birthplace.directory
    }
  }

  fileprivate var descriptors: [CInt] {
    switch self {
    case nil: []
    case let birthplace?: birthplace.descriptors
    }
  }

  var takesBirths: Bool {
    switch self {
    case nil: true
    case let birthplace?: birthplace.takesBirths
    }
  }
}

extension ContainerRecord {
  /// The record of a container that is about to be made.
  init(bundle: Bundle, id: ContainerID, on host: borrowing Host) throws(RuntimeError) {
    let now = Clock.now
    let plan = bundle.plan
    self.init(
      id: id,
      ociVersion: plan.ociVersion,
      bundle: bundle.path,
      rootfs: plan.rootfs.path,
      created: Clock.rfc3339(seconds: now.seconds, nanoseconds: now.nanoseconds),
      annotations: plan.annotations,
      owner: ownerName(),
      cgroup: nil,
      sharesPidNamespace: plan.namespaces.source(of: .pid) != .new,
      isInUserNamespace: try plan.isInUserNamespace(on: host),
      poststart: plan.hooks.poststart,
      poststop: plan.hooks.poststop,
      resources: plan.cgroup.resources
    )
    configuration = bundle.configuration
    mountLabel = plan.mountLabel
  }
}

extension TenantBasis {
  /// What a later exec will start from.
  init(_ plan: ContainerPlan, filter: CompiledFilter?, keepsKeyring: Bool) {
    self.init(
      namespaces: plan.namespaces.entries.map(\.kind),
      filter: filter?.program,
      filterFlags: filter?.flags ?? 0,
      persona: plan.process.personality?.persona,
      keepsKeyring: keepsKeyring,
      processText: plan.processText
    )
    memoryPolicy = plan.process.memoryPolicy
    listenerPath = plan.seccomp?.hasListener == true ? plan.seccomp?.listenerPath : nil
    listenerMetadata = plan.seccomp?.listenerMetadata
  }
}
