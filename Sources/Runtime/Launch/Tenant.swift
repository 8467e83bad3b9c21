import Confinement
import Kernel
import RuntimeSpec
import State
import SyscallFilter
import Terminal

/// A process that exec adds to a container, from the clone to its program.
///
/// Only the last yard is in the container's pid namespace: whatever the container's processes may do
/// to others that they see, they see this one once it has the container's root, none of the host's
/// files and, but for what loading a filter takes, no right that they don't have
/// (CVE-2016-9962, CVE-2024-21626).
struct Tenant: ~Copyable {
  let request: TenantRequest
  let channel: Channel
  let container: OwnedDescriptor
  var console: OwnedDescriptor?
  var preparation: Preparation

  /// What init does too, in a tenant's own order: as nothing is made, the rights of the host last
  /// until the namespaces are joined, and a user namespace comes with the others.
  static let order: [InitStep] = [
    .nameProcess, .setLimits, .setLabels, .joinNamespaces, .takeIdentity, .joinKeyring,
    .openTerminal, .enterWorkingDirectory, .prepareLandlock, .setNoNewPrivileges,
    .dropBoundingSet, .changeUser, .findProgram, .restrictReach, .confine, .report,
  ]

  init(
    request: TenantRequest,
    channel: consuming Channel,
    processes: consuming ProcessFiles,
    descriptors: consuming TenantDescriptors,
  ) {
    self.request = request
    self.channel = channel
    console = descriptors.console.take()
    let listener = descriptors.listener.take()
    container = descriptors.container
    preparation = Preparation(
      process: request.process,
      credentials: request.credentials,
      filter: request.filter,
      deniesSetgroups: request.deniesSetgroups,
      preservedDescriptors: request.preservedDescriptors,
      processes: processes
    )
    preparation.listener = listener
  }

  /// Takes every step in its order, and becomes the program; a failure goes to the creator.
  consuming func run() -> Never {
    do throws(InitFailure) {
      for step in Self.order {
        if request.isTraced {
          try kernel(step) { () throws(KernelError) in
            try channel.send(InitMessage.entered(now: step).frame)
          }
        }
        try perform(step)
      }
      try preparation.inheritPreserved()
    } catch {
      do throws(KernelError) {
        try channel.send(InitMessage.failed(error).frame)
      } catch {
        // The creator is gone: there is nobody to tell.
      }
      Process.end(1)
    }
    become()
  }

  private mutating func perform(_ step: InitStep) throws(InitFailure) {
    switch step {
    case .nameProcess: try nameProcess()
    case .setLimits:
      try setFinalAffinity()
      try shareCores()
      try preparation.setProcessAttributes()
      try preparation.setResourceLimits()
    case .setLabels: try preparation.setLabels()
    case .joinNamespaces: try joinNamespaces()
    case .takeIdentity: try takeIdentity()
    case .joinKeyring: try joinKeyring()
    case .openTerminal: try openTerminal()
    case .enterWorkingDirectory: try preparation.enterWorkingDirectory()
    case .prepareLandlock: try preparation.prepareLandlock()
    case .setNoNewPrivileges: try preparation.setNoNewPrivileges()
    case .dropBoundingSet: try preparation.dropBoundingSet()
    case .changeUser: try preparation.changeUser()
    case .findProgram:
      try preparation.findProgram(namesInterpreter: true)
      // The tenant is not born yet.
      if request.process.announcesPid { preparation.listenPid = FinalExecution.unknownPid }
      describeListener()
    case .restrictReach: try preparation.restrictReach()
    case .confine: try preparation.confine(leavesRights: confinesLate)
    case .report:
      try kernel(step) { () throws(KernelError) in try channel.send(InitMessage.prepared.frame) }
    default:
      throw InitFailure(step: step, refusal: "\(step) is no step of a tenant")
    }
  }

  private func nameProcess() throws(InitFailure) {
    if let score = request.process.oomScoreAdj {
      // While the file is still this user's: it is root's once the process can't be dumped.
      try kernel(.setLimits, "process.oomScoreAdj") { () throws(KernelError) in
        try preparation.processes.write("self/oom_score_adj", "\(score)")
      }
    }
    try kernel(.nameProcess) { () throws(KernelError) in
      try Process.setName("swrun:tenant")
      Signals.resetActions()
      // Before the container's namespaces, and for good: who is in them must not trace us.
      try Process.setDumpable(false)
    }
  }

  private func joinNamespaces() throws(InitFailure) {
    try kernel(.joinNamespaces) { () throws(KernelError) in
      guard request.entersRoot else { return try enterNamespaces() }
      let root = try openRoot()
      try enterNamespaces()
      try Process.changeDirectory(to: root, subject: "root of the container")
      try Mounting.changeRootToWorkingDirectory()
    }
    var owners: NamespaceOwners?
    try kernel(.joinNamespaces) { () throws(KernelError) in
      owners = try preparation.processes.ownNamespaceOwners()
    }
    // Where it has come to and not where init was before: there init can't move this process any more.
    guard owners == request.record.namespaceOwners else {
      throw InitFailure(step: .joinNamespaces, refusal: NamespaceOwners.complaint)
    }
  }

  private func enterNamespaces() throws(KernelError) {
    try enter(namespacesOf: container, request.flags)
    // A change of credentials may undo it: PR_SET_DUMPABLE in prctl(2).
    try Process.setDumpable(false)
  }

  /// The root of the container's init, which is still that of the container once it is open.
  private func openRoot() throws(KernelError) -> OwnedDescriptor {
    let ended = KernelError(call: "open", code: .noProcess, subject: "root of the container")
    guard let pid = request.record.initProcess?.pid else { throw ended }
    do throws(KernelError) {
      let root = try preparation.processes.openTarget(of: "\(pid)/root", [.path, .directory])
      guard try !container.wait(for: .readable, milliseconds: 0) else { throw ended }
      return root
    } catch  where error.code == .noEntry {
      throw ended
    }
  }

  /// Chooses the CPUs: it is in the container's control group since its birth.
  ///
  /// Spec: config.md, "Linux Process", execCPUAffinity: where that is given, and no `final`, the kernel
  /// alone decides.
  private func setFinalAffinity() throws(InitFailure) {
    guard let list = request.process.finalCPUs else {
      if request.process.initialCPUs == nil { Process.leaveAffinity() }
      return
    }
    try kernel(.setLimits, "process.execCPUAffinity.final") { () throws(KernelError) in
      try Process.setAffinity(list.mask)
    }
  }

  /// Takes part in what keeps the container's cores to itself.
  private func shareCores() throws(InitFailure) {
    guard request.process.hasOwnCores, let process = request.record.initProcess else { return }
    try kernel(.setLimits, CoreScheduling.annotation) { () throws(KernelError) in
      try Process.shareCores(of: process.pid)
    }
  }

  /// Becomes the root of the user namespace that has been joined.
  private func takeIdentity() throws(InitFailure) {
    guard request.namespaces.contains(.user) else { return }
    try kernel(.takeIdentity) { () throws(KernelError) in
      try Process.becomeRoot()
    }
  }

  private func joinKeyring() throws(InitFailure) {
    guard !request.keepsKeyring else { return }
    try preparation.joinKeyring(of: request.id)
  }

  private mutating func openTerminal() throws(InitFailure) {
    guard let socket = console.take() else { return }
    do throws(KernelError) {
      let terminal = try ContainerTerminal(in: try open("/", [.path, .directory]))
      if let size = request.process.consoleSize {
        try PseudoTerminal.setSize(of: terminal.slave, rows: size.height, columns: size.width)
      }
      try terminal.sendMaster(over: socket)
      try terminal.takeStreams()
    } catch {
      throw InitFailure(step: .openTerminal, error)
    }
  }

  /// Whether the last yard sets the final rights, in sight of the container: where a filter has to be
  /// loaded before they go, as it has without no_new_privs, and forbids what is still to be done.
  private var confinesLate: Bool {
    guard let filter = request.filter, !request.process.noNewPrivileges else { return false }
    return filter.hasListener || !filter.allows(Self.lastCalls)
  }

  /// What is called from `confine` to the program, by this process and the tenant.
  private static let lastCalls =
    [
      "brk", "capset", "close", "close_range", "dup3", "execve", "exit_group", "fcntl", "madvise",
      "mmap", "mremap", "munmap", "read", "recvfrom", "recvmsg", "rt_sigprocmask", "sendmsg",
      "sendto", "setsid", "write",
    ].map { FilteredCall($0) } + [
      FilteredCall("clone", [0x0010_c000]),  // CLONE_VFORK, CLONE_PARENT, CLONE_PARENT_SETTID
      FilteredCall("ioctl", [0, 0x540e]),  // TIOCSCTTY
      FilteredCall("prctl", [47, 4]),  // PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL
      FilteredCall("prctl", [47, 2]),  // PR_CAP_AMBIENT_RAISE
    ]

  /// Waits for start, and becomes the program or makes the process that does.
  private consuming func become() -> Never {
    let execution = preparation.execution
    let birth = TenantBirth(
      isSibling: request.namespaces.contains(.pid),
      takesTerminal: request.process.hasTerminal,
      confinesLate: confinesLate,
      announcesPid: request.process.announcesPid
    )
    // The last yard is C and owns nothing: it closes all but this one itself.
    preparation.releaseListener()
    let own = channel.release()
    PreparedExecution(execution, start: own, failure: own).execute(as: birth)
  }
}
