import Kernel
import Lifecycle
import State

/// `swrun create` and `swrun run`.
func createOrRun(
  _ arguments: Arguments,
  _ words: [String],
  _ presentation: Presentation,
) throws(RuntimeError) -> Int32 {
  try protectSelf(arguments: words)
  let options = try arguments.createOptions(presentation)
  try settleDescriptors()
  try checkPreserved(options.preservedDescriptors)
  let host = try arguments.host(presentation)
  guard arguments.verb == "run" else {
    try create(options, on: host)
    return ExitCode.success
  }
  let runOptions = RunOptions(
    isDetached: arguments.has("detach"),
    keepsState: arguments.has("keep"),
    isSubreaper: !arguments.has("no-subreaper")
  )
  return try run(options, runOptions, on: host)
}

/// What the caller has left open goes no further than this process, hooks included.
func settleDescriptors() throws(RuntimeError) {
  do throws(KernelError) {
    try DescriptorTable.closeOnExec(from: 3)
  } catch {
    throw .kernel(error, subject: "descriptors")
  }
}

extension Arguments {
  func createOptions(_ presentation: Presentation) throws(RuntimeError) -> CreateOptions {
    let sockets = try listenSockets()
    return CreateOptions(
      id: try id(),
      bundle: options["bundle"] ?? ".",
      configuration: options["config"],
      pidFile: options["pid-file"],
      consoleSocket: options["console-socket"],
      pidfdSocket: options["pidfd-socket"],
      movesRoot: has("no-pivot"),
      keepsKeyring: has("no-new-keyring"),
      preservedDescriptors: try preservedDescriptors() + sockets.count,
      cgroupManager: cgroupManager,
      isRootless: isRootless,
      socketVariables: sockets.variables,
      notifyAddress: notifyAddress(presentation)
    )
  }

  /// How many descriptors the caller wants to be passed on.
  func preservedDescriptors() throws(RuntimeError) -> Int32 {
    guard let text = options["preserve-fds"] else { return 0 }
    guard let number = Int32(text), (0...1024).contains(number) else {
      throw .usage("--preserve-fds can't be \"\(text)\": use a number from 0 to 1024")
    }
    return number
  }

  /// The container that the command is about: its first argument, as a rule.
  func id(at place: Int = 0) throws(RuntimeError) -> ContainerID {
    do throws(StateError) {
      return try ContainerID(positional[place])
    } catch {
      throw .state(error)
    }
  }

  /// Who is to manage the container's control group.
  var cgroupManager: CgroupManager {
    if globals["systemd-cgroup"] != nil { return .systemd }
    return globals["cgroup-manager"].flatMap(CgroupManager.init(rawValue:)) ?? .directory
  }

  /// What `--rootless` says; nil leaves it to who the caller is.
  var isRootless: Bool? {
    globals["rootless"].flatMap { $0 == "auto" ? nil : $0 == "true" }
  }

  /// Where the state of containers is kept.
  func rootPath() throws(RuntimeError) -> String {
    if let given = globals["root"] { return given }
    guard let runtime = Process.variable("XDG_RUNTIME_DIR"), !runtime.isEmpty else {
      return "/run/swrun"
    }
    let isRootless =
      switch globals["rootless"] {
      case "true": true
      case "false": false
      default: try isOfUser()
      }
    return isRootless ? "\(runtime)/swrun" : "/run/swrun"
  }

  /// Whether the caller is a user: also one who is root in a user namespace, as under rootless
  /// podman, unless a whole system with a login as root runs there.
  private func isOfUser() throws(RuntimeError) -> Bool {
    guard Process.effectiveUser == 0 else { return true }
    guard Process.variable("USER") != "root" else { return false }
    do throws(KernelError) {
      return try ProcessFiles().isInUserNamespace()
    } catch {
      throw .kernel(error, subject: "procfs")
    }
  }

  func host(_ presentation: Presentation) throws(RuntimeError) -> Host {
    try Host(
      root: rootPath(),
      warn: { presentation.warn($0) },
      debug: { presentation.debug($0) },
      step: presentation.level < .debug ? nil : { presentation.debug($0, at: $1) }
    )
  }
}

/// Sockets that a service manager has opened for this process, to be handed on to the container.
///
/// See: sd_listen_fds(3): they are for the process that LISTEN_PID names, and lie from 3 on. The
/// container's process is named so once it has a pid.
func listenSockets() throws(RuntimeError) -> (count: Int32, variables: [String]) {
  guard let text = Process.variable("LISTEN_FDS"),
    Process.variable("LISTEN_PID") == "\(Process.ownID)"
  else { return (0, []) }
  guard let count = Int32(text), (0...1024).contains(count) else {
    throw .usage("LISTEN_FDS can't be \"\(text)\": use a number from 0 to 1024")
  }
  let names = Process.variable("LISTEN_FDNAMES").map { ["LISTEN_FDNAMES=\($0)"] } ?? []
  return (count, ["LISTEN_FDS=\(count)"] + names)
}

/// Who has started this process as a service and waits to hear that it is ready; nil for nobody.
func notifyAddress(_ presentation: Presentation) -> NotifyAddress? {
  guard let text = Process.variable("NOTIFY_SOCKET"), !text.isEmpty else { return nil }
  let manager = NotifyAddress(text)
  if manager == nil {
    presentation.warn(
      "NOTIFY_SOCKET is ignored: \"\(text)\" is neither a path nor an abstract name"
    )
  }
  return manager
}
