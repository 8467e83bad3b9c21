import Kernel
import Lifecycle
import RuntimeSpec
import State

/// `swrun exec`.
func exec(
  _ arguments: Arguments,
  _ words: [String],
  _ presentation: Presentation,
) throws(RuntimeError) -> Int32 {
  try protectSelf(arguments: words)
  let options = try arguments.execOptions()
  try settleDescriptors()
  try checkPreserved(options.preservedDescriptors)
  return try exec(options, on: try arguments.host(presentation))
}

extension Arguments {
  func execOptions() throws(RuntimeError) -> ExecOptions {
    let sockets = try listenSockets()
    return ExecOptions(
      id: try id(),
      source: try processSource(),
      wantsTerminal: has("tty"),
      isDetached: has("detach"),
      isSubreaper: !has("no-subreaper"),
      ignoresPause: has("ignore-paused"),
      pidFile: options["pid-file"],
      consoleSocket: options["console-socket"],
      pidfdSocket: options["pidfd-socket"],
      subgroup: try subgroup(),
      preservedDescriptors: try preservedDescriptors() + sockets.count,
      socketVariables: sockets.variables
    )
  }

  private func processSource() throws(RuntimeError) -> ProcessSource {
    let command = Array(positional.dropFirst())
    guard let file = options["process"] else {
      guard !command.isEmpty else {
        throw .usage("exec needs a command to run: give one behind the id, or --process FILE")
      }
      return .command(command, try processChanges())
    }
    guard command.isEmpty else {
      throw .usage("exec takes a command or --process, not both")
    }
    // Nothing of this would have any effect: the file is the whole process.
    let replaced = [
      "env", "user", "additional-gids", "cwd", "cap", "apparmor", "process-label", "no-new-privs",
    ]
    if let option = replaced.first(where: { options[$0] != nil }) {
      throw .usage("--\(option) can't be given with --process: put it into the file")
    }
    return .file(file)
  }

  private func processChanges() throws(RuntimeError) -> ProcessChanges {
    let user = try options["user"].map(UserOption.init)
    var gids: [UInt32] = []
    for text in all("additional-gids") { gids.append(try identity(text, "--additional-gids")) }
    return ProcessChanges(
      cwd: options["cwd"],
      uid: user?.uid,
      gid: user?.gid,
      additionalGids: gids,
      environment: all("env"),
      capabilities: all("cap"),
      apparmorProfile: options["apparmor"],
      selinuxLabel: options["process-label"],
      noNewPrivileges: has("no-new-privs") ? true : nil
    )
  }

  /// The path of `--cgroup`: the controllers that runc takes before a colon all have one hierarchy.
  private func subgroup() throws(RuntimeError) -> String? {
    guard let text = options["cgroup"] else { return nil }
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let path = String(parts.last ?? "")
    guard !path.isEmpty else { throw .usage("--cgroup can't be \"\(text)\": it names no path") }
    guard !path.pathSteps.contains("..") else {
      throw .usage("--cgroup can't be \"\(text)\": only a cgroup below the container's own")
    }
    return path
  }
}

/// `UID` or `UID:GID`, numbers only: a name would have to be looked up in the container, whose word
/// nobody should take for who it is (CVE-2016-3697), and what is no number is no 0 (CVE-2026-30892).
struct UserOption: Equatable {
  var uid: UInt32
  var gid: UInt32?

  init(uid: UInt32, gid: UInt32?) {
    self.uid = uid
    self.gid = gid
  }

  init(_ text: String) throws(RuntimeError) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    uid = try identity(String(parts[0]), "--user")
    gid = parts.count > 1 ? try identity(String(parts[1]), "--user") : nil
  }
}

/// A user's or group's number; the largest one means nobody to setresuid(2).
private func identity(_ text: String, _ option: String) throws(RuntimeError) -> UInt32 {
  guard !text.isEmpty, text.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains),
    let number = UInt32(text), number != UInt32.max
  else { throw .usage("\(option) can't be \"\(text)\": use a number from 0 to 4294967294") }
  return number
}
