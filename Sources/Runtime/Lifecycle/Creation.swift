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
  let location: CgroupLocation
  var record: ContainerRecord

  /// Whether the place that the record names has been made by, or given to, this container.
  private(set) var isCgroupOurs = false

  private var plan: ContainerPlan { bundle.plan }

  init(
    options: CreateOptions,
    bundle: Bundle,
    startsAtGate: Bool,
    location: CgroupLocation,
    record: ContainerRecord,
  ) {
    self.options = options
    self.bundle = bundle
    self.startsAtGate = startsAtGate
    self.location = location
    self.record = record
  }

  /// Where a container without a cgroup namespace finds its cgroup; nil when it needs no such place.
  ///
  /// In a user namespace, which can't mount the host's hierarchy, it is all of that if need be.
  private func hostDirectory(on host: borrowing Host) throws(RuntimeError) -> String? {
    guard plan.namespaces.source(of: .cgroup) == nil else { return nil }
    let isInUserNamespace = try host.isInUserNamespace()
    let mustBind = isInUserNamespace || plan.namespaces.source(of: .user) != nil
    guard record.cgroup != nil || mustBind else { return nil }
    return try withCgroups { () throws(CgroupError) in
      try CgroupHierarchy(host.processes).mountPoint + (record.cgroup ?? "")
    }
  }

  /// Takes every step of the creator, in this order for these reasons: the record names the cgroup
  /// before there is one, and init before it has done anything; init is born in a cgroup that has
  /// its limits already; the pid file is the last, as callers take it for success.
  mutating func perform(
    in directory: borrowing ContainerDirectory,
    on host: borrowing Host,
  ) throws(RuntimeError) -> PreparedInit {
    try write(to: directory)
    let group = try makeControlGroup(at: location, for: plan, on: host)
    switch group {
    case nil:
      record.cgroup = nil
      host.debug("cgroup: none")
      return try launch(into: nil, directory, on: host)
    case let group?:
      isCgroupOurs = true
      host.debug("cgroup \(location.path): made, with its limits")
      return try launch(into: group.directory.raw, directory, on: host)
    }
  }

  private mutating func launch(
    into cgroup: CInt?,
    _ directory: borrowing ContainerDirectory,
    on host: borrowing Host,
  ) throws(RuntimeError) -> PreparedInit {
    let request = try launchRequest(on: host)
    let inherited = try InheritedDescriptors(
      console: openConsole(),
      gate: startsAtGate ? openGate(in: directory) : nil,
      withheld: [directory.descriptor.raw, host.root.directory.raw] + (cgroup.map { [$0] } ?? []),
    )
    let prepared = try launch(request, cgroup: cgroup, inherited, directory, on: host)
    do throws(RuntimeError) {
      host.debug("init: prepared")
      record.isPrepared = true
      try write(to: directory)
      try writePIDFile(prepared.pid, to: options.pidFile)
    } catch {
      prepared.kill()
      throw error
    }
    return prepared
  }

  private func write(to directory: borrowing ContainerDirectory) throws(RuntimeError) {
    try withState { () throws(StateError) in try directory.write(record) }
  }

  private func launchRequest(on host: borrowing Host) throws(RuntimeError) -> LaunchRequest {
    let confinement = try confinement(of: plan, on: host)
    let isInUserNamespace = try host.isInUserNamespace()
    var plan = plan
    plan.process.environment += options.environment
    return LaunchRequest(
      plan: plan,
      record: record,
      credentials: confinement.capabilities,
      filter: confinement.filter,
      options: LaunchOptions(
        movesRoot: options.movesRoot,
        keepsKeyring: options.keepsKeyring,
        preservedDescriptors: options.preservedDescriptors,
        cgroupDirectory: try hostDirectory(on: host),
        deniesSetgroups: plan.namespaces.source(of: .user) == .new && Process.effectiveUser != 0
          && plan.namespaces.gidMappings.mapOnly(Process.effectiveGroup),
        bindsDevices: isInUserNamespace || plan.namespaces.source(of: .user) != nil
      )
    )
  }

  private mutating func launch(
    _ request: LaunchRequest,
    cgroup: CInt?,
    _ inherited: consuming InheritedDescriptors,
    _ directory: borrowing ContainerDirectory,
    on host: borrowing Host,
  ) throws(RuntimeError) -> PreparedInit {
    var record = record
    defer { self.record = record }
    do throws(LaunchError) {
      return try makeInit(
        request,
        cgroup: cgroup,
        inherited: inherited,
        processes: host.processes
      ) { (pid) throws(LaunchError) in
        do throws(KernelError) {
          let identity = try host.processes.identity(of: pid)
          host.debug("init: born as process \(pid)")
          record.initProcess = InitProcess(pid: pid, startTime: identity.startTime)
        } catch {
          throw .kernel(error, subject: "init")
        }
        do throws(StateError) { try directory.write(record) } catch { throw .state(error) }
      }
    } catch {
      throw .launch(error)
    }
  }

  private func openConsole() throws(RuntimeError) -> OwnedDescriptor? {
    guard let path = options.consoleSocket else { return nil }
    return try about("console socket") { () throws(KernelError) in try UnixSocket.connect(path) }
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
      if mayHaveRunHooks(before: cause) { runPoststopHooks(record, on: host) }
      try withState { () throws(StateError) in try directory.remove(from: host.root) }
    } catch {
      host.warn("can't clean up after the failure: \(error): try delete --force \(options.id)")
    }
  }
}

/// Writes the pid file, if one is wanted: bare digits, whole or not at all.
///
/// Callers read it as soon as it is there.
func writePIDFile(_ pid: Int32, to path: String?) throws(RuntimeError) {
  guard let path else { return }
  let slash = path.lastIndex(of: "/")
  let parent = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
  let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
  try about("pid file \(path)") { () throws(KernelError) in
    let directory = try open(parent, [.path, .directory])
    try Directory.replaceFile(
      at: directory,
      name,
      with: [UInt8]("\(pid)".utf8),
      mode: 0o644,
      isDurable: false
    )
  }
}

/// Runs poststop hooks; a failing one is a warning, and the next ones run all the same.
///
/// Spec: runtime.md, "Lifecycle", step 13.
func runPoststopHooks(_ record: ContainerRecord, on host: borrowing Host) {
  let state = record.stateDocument(.stopped, pid: 0).text(.compact)
  for hook in record.poststop {
    do throws(HookError) {
      try runHooks([hook], point: "poststop", state: state)
    } catch {
      host.warn("\(error)")
    }
  }
}

extension ContainerRecord {
  /// The record of a container that is about to be made.
  init(bundle: Bundle, id: ContainerID, cgroup: String?) {
    let now = Clock.now
    let plan = bundle.plan
    let user = Process.effectiveUser
    self.init(
      id: id,
      ociVersion: plan.ociVersion,
      bundle: bundle.path,
      rootfs: plan.rootfs.path,
      created: Clock.rfc3339(seconds: now.seconds, nanoseconds: now.nanoseconds),
      annotations: plan.annotations,
      owner: user == 0 ? "root" : "\(user)",
      cgroup: cgroup,
      sharesPidNamespace: plan.namespaces.source(of: .pid) != .new,
      poststart: plan.hooks.poststart,
      poststop: plan.hooks.poststop
    )
  }
}
