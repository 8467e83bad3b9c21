import CKernel
import Glibc

/// Strings as C has them: pointers to NUL-ended bytes, and a null pointer at the end.
///
/// Made before a clone, so that nothing is allocated where a filter may forbid it; never freed, as
/// the process becomes another program.
@safe struct PointerList {
  let start: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

  init(_ strings: [String]) {
    unsafe start = .allocate(capacity: strings.count + 1)
    for (index, string) in strings.enumerated() {
      unsafe start[index] = string.withCString { unsafe strdup($0) }
    }
    unsafe start[strings.count] = nil
  }
}

/// What init does last, with everything that it needs decided and allocated.
package struct FinalExecution: Sendable {
  /// Absolute paths of the program to try, in order.
  package var candidates: [String]
  package var arguments: [String]
  package var environment: [String]
  package var effective: UInt64
  package var permitted: UInt64
  package var inheritable: UInt64
  package var ambient: UInt64
  package var noNewPrivileges: Bool
  /// The compiled filter: whole instructions of 8 bytes, or none.
  package var filter: [UInt8]
  /// The flags of seccomp(2).
  package var filterFlags: UInt32
  /// Where the filter's listener goes; nil for a filter without one.
  package var listener: ListenerHandover?
  /// The first descriptor that the program does not inherit.
  package var firstClosed: UInt32

  /// How the variable begins that names the process which sockets are for: sd_listen_fds(3).
  package static let listenPid = "LISTEN_PID="
  /// Stands in that variable for a process that is not born yet: with room for any.
  package static let unknownPid = "4294967295"

  package init(
    candidates: [String],
    arguments: [String],
    environment: [String],
    effective: UInt64,
    permitted: UInt64,
    inheritable: UInt64,
    ambient: UInt64,
    noNewPrivileges: Bool,
    filter: [UInt8],
    filterFlags: UInt32,
    listener: ListenerHandover?,
    firstClosed: UInt32,
  ) {
    self.candidates = candidates
    self.arguments = arguments
    self.environment = environment
    self.effective = effective
    self.permitted = permitted
    self.inheritable = inheritable
    self.ambient = ambient
    self.noNewPrivileges = noNewPrivileges
    self.filter = filter
    self.filterFlags = filterFlags
    self.listener = listener
    self.firstClosed = firstClosed
  }
}

/// How the listener of a filter is handed over: with a message, over a connection.
package struct ListenerHandover: Equatable, Sendable {
  /// The connection's descriptor, open until the program is executed.
  package var connection: CInt
  package var message: [UInt8]
  /// Where in the message ten spaces are, for the id of the process.
  package var pidPlace: Int
  /// The id as the creator sees it; 0 where the last yard finds it out.
  package var pid: Int32

  package init(connection: CInt, message: [UInt8], pidPlace: Int, pid: Int32) {
    self.connection = connection
    self.message = message
    self.pidPlace = pidPlace
    self.pid = pid
  }
}

/// A prepared `FinalExecution`: plain memory that C walks through.
@safe package struct PreparedExecution: ~Copyable {
  private var plan: ckernel_final

  /// Copies everything that C will need.
  package init(_ execution: FinalExecution, start: CInt, failure: CInt) {
    unsafe plan = ckernel_final()
    unsafe plan.candidates = UnsafeRawPointer(PointerList(execution.candidates).start)
      .assumingMemoryBound(to: UnsafePointer<CChar>?.self)
    unsafe plan.arguments = UnsafePointer(PointerList(execution.arguments).start)
    unsafe plan.environment = UnsafePointer(PointerList(execution.environment).start)
    unsafe plan.effective = execution.effective
    unsafe plan.permitted = execution.permitted
    unsafe plan.inheritable = execution.inheritable
    unsafe plan.ambient = execution.ambient
    unsafe plan.no_new_privileges = execution.noNewPrivileges ? 1 : 0
    if !execution.filter.isEmpty {
      let copy = UnsafeMutableRawPointer.allocate(byteCount: execution.filter.count, alignment: 8)
      unsafe copy.copyMemory(from: execution.filter, byteCount: execution.filter.count)
      unsafe plan.filter = UnsafeRawPointer(copy)
    }
    unsafe plan.filter_length = UInt16(execution.filter.count / 8)
    unsafe plan.filter_flags = execution.filterFlags
    unsafe plan.listener = -1
    if let listener = execution.listener {
      let copy = UnsafeMutableRawPointer.allocate(byteCount: listener.message.count, alignment: 1)
      unsafe copy.copyMemory(from: listener.message, byteCount: listener.message.count)
      unsafe plan.message = copy.assumingMemoryBound(to: CChar.self)
      unsafe plan.message_length = UInt(listener.message.count)
      unsafe plan.listener_pid = UInt(listener.pidPlace)
      unsafe plan.listener = listener.connection
      unsafe plan.pid = listener.pid
    }
    unsafe plan.start = start
    unsafe plan.failure = failure
    unsafe plan.first_closed = CInt(execution.firstClosed)
  }

  /// Sets the final capabilities, and loads the filter where no_new_privs is off.
  ///
  /// - Throws: the step that failed as the call's name.
  package func confine() throws(KernelError) {
    var code: CInt = 0
    let step = unsafe withUnsafePointer(to: plan) { unsafe ckernel_final_confine($0, &code) }
    guard step != 0 else { return }
    let failed = FinalStep(rawValue: UInt8(step)) ?? .capabilities
    throw KernelError(call: failed.call, code: .init(rawValue: code), subject: "")
  }

  /// Waits for start, and becomes the container's program.
  package consuming func execute() -> Never {
    var plan = unsafe plan
    unsafe ckernel_final_exec(&plan)
  }

  /// Waits for start, and becomes a tenant's program, or makes it and ends.
  package consuming func execute(as birth: TenantBirth) -> Never {
    var plan = unsafe plan
    unsafe plan.is_sibling = birth.isSibling ? 1 : 0
    unsafe plan.takes_terminal = birth.takesTerminal ? 1 : 0
    unsafe plan.confines_late = birth.confinesLate ? 1 : 0
    unsafe plan.announces_pid = birth.announcesPid ? 1 : 0
    unsafe ckernel_final_tenant(&plan)
  }
}

/// How a tenant comes to be in the last yard.
package struct TenantBirth: Sendable {
  /// The program is a new child of this process's parent, for a pid namespace that has been joined.
  package var isSibling: Bool
  /// Standard input becomes the controlling terminal.
  package var takesTerminal: Bool
  /// `PreparedExecution.confine` has been left to the last yard: with the filter loaded the birth
  /// itself might be forbidden.
  package var confinesLate: Bool
  /// `FinalExecution.unknownPid` in the environment is replaced by the tenant's own.
  package var announcesPid: Bool

  package init(isSibling: Bool, takesTerminal: Bool, confinesLate: Bool, announcesPid: Bool) {
    self.isSibling = isSibling
    self.takesTerminal = takesTerminal
    self.confinesLate = confinesLate
    self.announcesPid = announcesPid
  }
}

/// The steps of the last yard that can fail, as its failure frame names them.
package enum FinalStep: UInt8, Sendable {
  case capabilities = 1
  case filter = 2
  case wait = 3
  case execution = 4
  case birth = 5
  case session = 6
  case terminal = 7
  case listener = 8

  /// The system call behind it.
  package var call: String {
    switch self {
    case .capabilities: "capset"
    case .filter: "seccomp"
    case .wait: "read"
    case .execution: "execve"
    case .birth: "clone"
    case .session: "setsid"
    case .terminal: "ioctl"
    case .listener: "sendmsg"
    }
  }
}

/// Replaces this process by the program that a descriptor holds, in the present environment.
///
/// See: execveat(2), AT_EMPTY_PATH.
package func execute(
  _ program: borrowing OwnedDescriptor,
  arguments: [String],
) throws(KernelError) {
  let number = program.raw
  let argumentList = PointerList(arguments)
  try check("execveat", arguments.first ?? "") {
    unsafe ckernel_exec_descriptor(number, argumentList.start, ckernel_environment())
  }
}

/// Replaces this process by a program, found by its absolute path.
package func execute(
  _ path: String,
  arguments: [String],
  environment: [String],
) throws(KernelError) {
  let argumentList = PointerList(arguments)
  let environmentList = PointerList(environment)
  try check("execve", path) {
    unsafe execve(path, argumentList.start, environmentList.start)
  }
}
