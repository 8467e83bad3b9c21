import Kernel
import Lifecycle
import State

/// `swrun create` and `swrun run`.
func createOrRun(
  _ arguments: Arguments,
  _ words: [String],
  _ presentation: Presentation,
) throws(RuntimeError) -> Int32 {
  try protectSelf(arguments: words, environment: Process.environment)
  try arguments.refuseSystemd()
  let options = try arguments.createOptions()
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
private func settleDescriptors() throws(RuntimeError) {
  do throws(KernelError) {
    try DescriptorTable.openStandardStreams()
    try DescriptorTable.closeOnExec(from: 3)
  } catch {
    throw .kernel(error, subject: "descriptors")
  }
}

extension Arguments {
  func createOptions() throws(RuntimeError) -> CreateOptions {
    var preserved: Int32 = 0
    if let text = options["preserve-fds"] {
      guard let number = Int32(text), (0...1024).contains(number) else {
        throw .refused("--preserve-fds can't be \"\(text)\": use a number from 0 to 1024")
      }
      preserved = number
    }
    return CreateOptions(
      id: try id(),
      bundle: options["bundle"] ?? ".",
      pidFile: options["pid-file"],
      consoleSocket: options["console-socket"],
      movesRoot: has("no-pivot"),
      keepsKeyring: has("no-new-keyring"),
      preservedDescriptors: preserved
    )
  }

  /// The container that the command is about.
  func id() throws(RuntimeError) -> ContainerID {
    do throws(StateError) {
      return try ContainerID(positional[0])
    } catch {
      throw .state(error)
    }
  }

  /// Refuses what this version can't do, where the caller depends on it.
  func refuseSystemd() throws(RuntimeError) {
    guard globals["systemd-cgroup"] != nil else { return }
    throw .refused(
      "--systemd-cgroup is not in this version: let the caller use the cgroupfs manager "
        + "(podman --cgroup-manager cgroupfs, containerd SystemdCgroup = false)"
    )
  }

  /// Where the state of containers is kept.
  var rootPath: String {
    if let given = globals["root"] { return given }
    let runtime = Process.variable("XDG_RUNTIME_DIR") ?? ""
    let isRootless =
      switch globals["rootless"] {
      case "true": true
      case "false": false
      default: Process.effectiveUser != 0
      }
    return isRootless && !runtime.isEmpty ? "\(runtime)/swrun" : "/run/swrun"
  }

  func host(_ presentation: Presentation) throws(RuntimeError) -> Host {
    try Host(
      root: rootPath,
      warn: { presentation.warn($0) },
      debug: { presentation.debug($0) }
    )
  }
}
