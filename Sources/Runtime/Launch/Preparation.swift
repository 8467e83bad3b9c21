import Capabilities
import Kernel
import RuntimeSpec
import SyscallFilter

/// What init and a tenant do alike, and with the same code: from the limits to the program.
///
/// Both sit in the container's namespaces and root when its steps come.
struct Preparation: ~Copyable {
  let process: ProcessPlan
  let credentials: CapabilitySets
  /// The compiled seccomp filter; nil for none.
  let filter: CompiledFilter?
  /// Leaves setgroups(2) alone where nothing is to be set: it is denied in this user namespace.
  let deniesSetgroups: Bool
  /// How many descriptors from 3 on the program gets.
  let preservedDescriptors: Int32
  /// The host's procfs.
  let processes: ProcessFiles
  /// Whether the working directory has been entered, and not only tried as root.
  var isInWorkingDirectory = false
  /// What `findProgram` found.
  var candidates: [String] = []
  /// What the program may reach; nil for no restriction.
  var ruleset: LandlockRuleset?
  /// HOME for a program whose environment has none.
  var home: String?
  /// LISTEN_PID for a program that is to know its process id.
  var listenPid: String?
  /// The connection to who gets the filter's listener; nil for a filter without one.
  var listener: OwnedDescriptor?
  /// What goes with the listener; made once the process knows who it is.
  var listenerMessage: ListenerMessage?

  init(
    process: ProcessPlan,
    credentials: CapabilitySets,
    filter: CompiledFilter?,
    deniesSetgroups: Bool,
    preservedDescriptors: Int32,
    processes: consuming ProcessFiles,
  ) {
    self.process = process
    self.credentials = credentials
    self.filter = filter
    self.deniesSetgroups = deniesSetgroups
    self.preservedDescriptors = preservedDescriptors
    self.processes = processes
    listener = nil
    ruleset = nil
  }

  /// The numbers of descriptors that are needed up to the program.
  var listenerNumbers: [CInt] {
    switch listener {
    case nil: []
    case let listener?: [listener.raw]
    }
  }
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
