import Kernel
import Rootfs
import RuntimeSpec

/// The container's first process, from the clone to its program.
struct Init: ~Copyable {
  let request: LaunchRequest
  let channel: Channel
  let processes: ProcessFiles
  var console: OwnedDescriptor?
  var gate: InheritedDescriptors.Gate?
  let joined: [JoinedNamespace]
  let bindSources: [Int: CInt]
  /// The rootfs, from `prepareRootfs` to `enterRootfs`.
  var root: ContainerRoot?
  /// Whether the working directory has been entered, and not only tried as root.
  var isInWorkingDirectory = false
  /// What `findProgram` found.
  var candidates: [String] = []
  /// HOME for a program whose environment has none.
  var home: String?
  var isStarted = false
  var isReported = false
  /// Whether the creator has recorded this process.
  var isAdopted = false

  init(
    request: LaunchRequest,
    channel: consuming Channel,
    processes: consuming ProcessFiles,
    inherited: consuming InheritedDescriptors,
    joined: [JoinedNamespace],
    bindSources: [Int: CInt],
  ) {
    self.request = request
    self.channel = channel
    self.processes = processes
    self.joined = joined
    self.bindSources = bindSources
    console = inherited.console.take()
    gate = inherited.gate.take()
    root = nil
  }

  var plan: ContainerPlan { request.plan }

  /// Takes every step in its order, and becomes the program; a failure goes to the creator.
  consuming func run() -> Never {
    do throws(InitFailure) {
      for step in InitStep.allCases where step != .execute {
        try perform(step)
      }
      try inheritPreserved()
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

  private mutating func perform(_ step: InitStep) throws(InitFailure) {
    switch step {
    case .nameProcess: try kernel(step) { () throws(KernelError) in try nameProcess() }
    case .takeIdentity: try takeIdentity()
    case .joinNamespaces: try joinNamespaces()
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
    case .setLimits: try setLimits()
    case .setLabels: try setLabels()
    case .enterWorkingDirectory: try enterWorkingDirectory()
    case .setNoNewPrivileges: try setNoNewPrivileges()
    case .dropBoundingSet: try dropBoundingSet()
    case .changeUser: try changeUser()
    case .findProgram: try findProgram()
    case .confine: try confine()
    case .report: try reportPrepared()
    case .awaitStart: try awaitStart()
    case .runStartContainerHooks: try runStartContainerHooks()
    case .execute: break
    }
  }

  private func nameProcess() throws(KernelError) {
    try Process.setName("swrun:init")
    // Files get the mode that is asked for; the program's own mask is set with its limits.
    Process.setFileModeMask(0)
    // What the caller ignores, as many ignore SIGPIPE, the container must not.
    Signals.resetActions()
  }

  /// Makes a kernel's refusal a failure of a step.
  func kernel(
    _ step: InitStep,
    _ subject: String = "",
    _ body: () throws(KernelError) -> Void,
  ) throws(InitFailure) {
    do throws(KernelError) {
      try body()
    } catch {
      throw InitFailure(step: step, error, subject: subject)
    }
  }
}
