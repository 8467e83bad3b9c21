import Kernel
import Rootfs
import RuntimeSpec

/// The container's first process, from the clone to its program.
struct Init: ~Copyable {
  let request: LaunchRequest
  let channel: Channel
  var console: OwnedDescriptor?
  var gate: InheritedDescriptors.Gate?
  let joined: [JoinedNamespace]
  let bindSources: [Int: BindSource]
  var preparation: Preparation
  /// The rootfs, from `prepareRootfs` to `enterRootfs`.
  var root: ContainerRoot?
  /// What `sealRootfs` makes read-only and closes.
  var unfinishedMounts: [(mount: CInt, plan: MountPlan)] = []
  var isStarted = false
  var isReported = false
  /// Opened while this process still may: see `takeIdentity`.
  var timeOffsets: OwnedDescriptor?
  /// Whether the creator has recorded this process.
  var isAdopted = false
  /// What the caller withholds of new files' modes: hooks of the host's have it from there.
  var callersFileModeMask: UInt32 = 0o022

  init(
    request: LaunchRequest,
    channel: consuming Channel,
    processes: consuming ProcessFiles,
    inherited: consuming InheritedDescriptors,
    joined: [JoinedNamespace],
    bindSources: [Int: BindSource],
  ) {
    self.request = request
    self.channel = channel
    preparation = Preparation(
      process: request.plan.process,
      credentials: request.credentials,
      filter: request.filter,
      deniesSetgroups: request.options.deniesSetgroups,
      preservedDescriptors: request.options.preservedDescriptors,
      processes: processes
    )
    preparation.listener = inherited.listener.take()
    self.joined = joined
    self.bindSources = bindSources
    console = inherited.console.take()
    gate = inherited.gate.take()
    root = nil
    timeOffsets = nil
  }

  var plan: ContainerPlan { request.plan }

  /// Takes every step in its order, and becomes the program; a failure goes to the creator.
  consuming func run() -> Never {
    do throws(InitFailure) {
      for step in InitStep.allCases where step != .execute {
        if request.options.isTraced { try trace(step) }
        try perform(step)
      }
      try preparation.inheritPreserved()
    } catch {
      report(error)
      Process.end(1)
    }
    become()
  }

  private func report(_ failure: InitFailure) {
    let frame = InitMessage.failed(failure).frame
    do throws(KernelError) {
      // The creator that waited at the channel has gone home once the container is created.
      switch gate {
      case let gate? where isReported: try gate.failure.writeAll(frame)
      default: try channel.send(frame)
      }
    } catch {
      // Nobody listens any more: the creator is gone, and cleaning up is the next command's.
    }
  }

  /// Tells the creator which step comes, as long as it listens.
  private func trace(_ step: InitStep) throws(InitFailure) {
    switch gate {
    case _? where isReported: return
    default: try send(.entered(now: step), step)
    }
  }

  private mutating func perform(_ step: InitStep) throws(InitFailure) {
    switch step {
    case .nameProcess: try kernel(step) { () throws(KernelError) in try nameProcess() }
    case .takeIdentity: try takeIdentity()
    case .joinNamespaces: try joinNamespaces()
    case .makeTimeNamespace: try makeTimeNamespace()
    case .makeIPCNamespace: try makeIPCNamespace()
    case .leaveCgroupNamespace: try leaveCgroupNamespace()
    case .startSession:
      try kernel(step) { () throws(KernelError) in try Process.startSession() }
    case .joinKeyring: try joinKeyring()
    case .setUpLoopback: try setUpLoopback()
    case .prepareRootfs: try prepareRootfs()
    case .mountFileSystems: try mountFileSystems()
    case .makeDevices: try makeDevices()
    case .makeWorkingDirectory: try makeWorkingDirectory()
    case .openTerminal: try openTerminal()
    case .awaitRuntimeHooks: try awaitRuntimeHooks()
    case .runCreateContainerHooks: try runCreateContainerHooks()
    case .setSysctls: try setSysctls()
    case .makePathsReadOnly: try makePathsReadOnly()
    case .maskPaths: try maskPaths()
    case .sealRootfs: try sealRootfs()
    case .enterRootfs: try enterRootfs()
    case .setNames: try setNames()
    case .setLimits:
      Process.leaveAffinity()
      try isolateCores()
      try preparation.setProcessAttributes()
      try setResourceLimits()
    case .setLabels:
      try preparation.setLabels()
      try describeListener()
    case .enterWorkingDirectory:
      try closeOthers()
      try preparation.enterWorkingDirectory()
    case .prepareLandlock: try preparation.prepareLandlock()
    case .setNoNewPrivileges: try preparation.setNoNewPrivileges()
    case .dropBoundingSet: try preparation.dropBoundingSet()
    case .changeUser: try preparation.changeUser()
    case .findProgram: try preparation.findProgram(namesInterpreter: false)
    case .restrictReach: try preparation.restrictReach()
    case .confine: try preparation.confine(leavesRights: false)
    case .report: try reportPrepared()
    case .awaitStart: try awaitStart()
    case .runStartContainerHooks: try runStartContainerHooks()
    case .execute: break
    }
  }

  /// Closes what neither the program nor the steps to it need, before the first path of the image's is
  /// taken, and before a filter may forbid it.
  ///
  /// It would go with execve, but a program's path is resolved before that, and may lead over
  /// /proc/self/fd to a directory of the host (CVE-2024-21626).
  private func closeOthers() throws(InitFailure) {
    var kept = [channel.descriptor.raw]
    switch gate {
    case nil: break
    case let gate?: kept += [gate.start.raw, gate.failure.raw]
    }
    kept += preparation.listenerNumbers
    try kernel(.enterWorkingDirectory, "descriptors") { () throws(KernelError) in
      try DescriptorTable.close(
        from: UInt32(3 + request.options.preservedDescriptors),
        keeping: kept
      )
    }
  }

  private mutating func nameProcess() throws(KernelError) {
    try Process.setName("swrun:init")
    // Files get the mode that is asked for; the program's own mask is set with its limits.
    callersFileModeMask = Process.setFileModeMask(0)
    // What the caller ignores, as many ignore SIGPIPE, the container must not.
    Signals.resetActions()
  }

  /// Waits for start unless that has been, and becomes the program.
  private consuming func become() -> Never {
    let execution = preparation.execution
    let isStarted = isStarted
    let waiting = gate.take()
    // The last yard is C and owns nothing: what it reads and writes stays open until execve.
    preparation.releaseListener()
    let own = channel.release()
    let (start, failure) = waiting?.release() ?? (own, own)
    PreparedExecution(execution, start: isStarted ? -1 : start, failure: failure).execute()
  }
}
