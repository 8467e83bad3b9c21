import JSON
import Kernel
import Lifecycle
import State

/// Runs one command.
///
/// - Parameter words: the command line, the program's name first.
/// - Returns: the status to exit with: swrun(8), "EXIT STATUS".
package func runCommand(_ words: [String]) -> Int32 {
  var presentation = Presentation(verb: nil, log: nil, isJSON: false, level: .warning)
  let arguments: Arguments
  Signals.settleActions()
  do throws(KernelError) {
    // Before the first file is opened: none of ours may come to be what others write to.
    try DescriptorTable.openStandardStreams()
  } catch {
    presentation.report(failure: "standard streams: \(error)", code: .kernel)
    return ExitCode.failure
  }
  do throws(UsageError) {
    arguments = try Arguments(parsing: Array(words.dropFirst()))
  } catch {
    presentation.report(failure: "\(error)", code: .usage)
    return ExitCode.failure
  }
  presentation.verb = arguments.verb
  presentation.log = arguments.globals["log"].map(LogDestination.init)
  presentation.isJSON = arguments.globals["log-format"] == "json"
  presentation.level = arguments.logLevel
  do throws(KernelError) {
    try presentation.openLog()
  } catch {
    presentation.log = nil
    presentation.report(failure: "log: \(error)", code: .kernel)
    return ExitCode.failure
  }
  if arguments.isDetached { presentation.held = HeldWarnings() }
  defer { presentation.releaseWarnings() }
  do throws(RuntimeError) {
    if let text = informational(arguments) {
      try presentation.show(text)
      return ExitCode.success
    }
    return try perform(arguments, words, presentation)
  } catch {
    presentation.report(failure: "\(error)", code: error.code)
    return arguments.verb == "exec" ? ExitCode.execFailure : ExitCode.failure
  }
}

/// The statuses that are swrun's own.
enum ExitCode {
  static let success: Int32 = 0
  /// A usage or runtime error: callers look for 1.
  static let failure: Int32 = 1
  /// What runc exits with when exec fails before the process starts.
  static let execFailure: Int32 = 255
}

/// What `--help` and `--version` print; nil without them.
private func informational(_ arguments: Arguments) -> String? {
  if arguments.globals["version"] != nil { return versions() }
  guard arguments.globals["help"] != nil else { return nil }
  guard let verb = OptionTable.verbs.first(where: { $0.name == arguments.verb }) else {
    return Help.overview
  }
  return Help.of(verb)
}

private func perform(
  _ arguments: Arguments,
  _ words: [String],
  _ presentation: Presentation,
) throws(RuntimeError) -> Int32 {
  switch arguments.verb {
  case "create", "run":
    return try createOrRun(arguments, words, presentation)
  case "check":
    return try check(arguments, presentation)
  case "exec":
    return try exec(arguments, words, presentation)
  case "top":
    return try top(arguments, presentation)
  case "checkpoint":
    try checkpoint(arguments, presentation)
  case "restore":
    return try restore(arguments, words, presentation)
  case "mounts":
    try mounts(arguments, words, presentation)
  case "spec":
    try writeSpec(arguments)
  case "features":
    try presentation.show(features())
  case "completion":
    guard let script = Completions.script(for: arguments.positional[0]) else {
      throw .usage("no completions for \"\(arguments.positional[0])\": use bash, zsh or fish")
    }
    try presentation.show(script)
  default:
    try performOnContainer(arguments, presentation)
  }
  return ExitCode.success
}

private func performOnContainer(
  _ arguments: Arguments,
  _ presentation: Presentation,
) throws(RuntimeError) {
  let host = try arguments.host(presentation)
  switch arguments.verb {
  case "start": try start(arguments.id(), notifying: notifyAddress(presentation), on: host)
  case "state": try presentation.show(state(of: arguments.id(), on: host))
  case "list": try list(arguments, presentation, on: host)
  case "kill": try kill(arguments, on: host)
  case "delete": try delete(arguments, on: host)
  case "pause": try pause(arguments.id(), on: host)
  case "resume": try resume(arguments.id(), on: host)
  case "events": try showEvents(arguments, presentation, on: host)
  case "ps": try listProcesses(arguments, presentation, on: host)
  case "update": try update(arguments, presentation, on: host)
  default: throw .usage("no command given")
  }
}

extension Arguments {
  /// Whether the command ends once the container's process is there.
  fileprivate var isDetached: Bool {
    verb == "create" || has("detach")
  }

  /// What is said at most; `--debug` is the older way to ask for everything.
  fileprivate var logLevel: LogLevel {
    guard globals["debug"] == nil else { return .debug }
    return globals["log-level"].flatMap(LogLevel.init(rawValue:)) ?? .warning
  }
}
