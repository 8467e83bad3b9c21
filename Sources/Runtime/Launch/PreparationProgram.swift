import Capabilities
import Kernel
import RuntimeSpec
import SyscallFilter

/// The steps around the working directory and the program, in the container's root.
extension Preparation {
  mutating func enterWorkingDirectory() throws(InitFailure) {
    do throws(KernelError) {
      try Process.changeDirectory(process.cwd)
      isInWorkingDirectory = true
    } catch  where error.code == .accessDenied {
      // Root may be kept out where the user is not, as on NFS: tried again as the user.
    } catch {
      throw InitFailure(step: .enterWorkingDirectory, error)
    }
  }

  /// Finds the program; with `namesInterpreter` one that it lacks is named.
  ///
  /// For init that would be too early: a startContainer hook may still bring it.
  mutating func findProgram(namesInterpreter: Bool) throws(InitFailure) {
    try kernel(.enterWorkingDirectory) { () throws(KernelError) in
      if !isInWorkingDirectory { try Process.changeDirectory(process.cwd) }
      // A directory that can't be reached from the root would be a way out (CVE-2024-21626).
      _ = try workingDirectory()
    }
    home = try homeDirectory()
    if process.announcesPid { listenPid = "\(Process.ownID)" }
    let name = process.args[0]
    candidates = name.utf8.contains(UInt8(ascii: "/")) ? [name] : searchPath(for: name)
    try checkProgram(name, namesInterpreter: namesInterpreter)
  }

  /// The absolute paths that execvp(3) would try.
  private func searchPath(for name: String) -> [String] {
    guard !name.isEmpty else { return [] }
    let path = process.value(of: "PATH") ?? defaultPath
    return path.split(separator: ":", omittingEmptySubsequences: false).map { directory in
      // An empty element is the working directory: execvp(3).
      directory.isEmpty ? "./\(name)" : "\(directory)/\(name)"
    }
  }

  /// Refuses a program that can't be executed in the words that callers look for.
  ///
  /// Of a name that is looked up in PATH they are the same whatever is in the way: callers know them
  /// from Go's LookPath, which passes over all that can't be executed.
  private mutating func checkProgram(
    _ name: String,
    namesInterpreter: Bool,
  ) throws(InitFailure) {
    var refusal = "executable file not found in $PATH"
    for path in candidates {
      do throws(KernelError) {
        let status = try Process.status(of: path)
        guard status.kind != .directory else {
          // execve(2) says the first, runc the second: each caller knows one of them.
          if name == path { refusal = "permission denied (it is a directory)" }
          continue
        }
        guard Process.mayExecute(path) else {
          if name == path { refusal = "permission denied" }
          continue
        }
        if namesInterpreter, let missing = try missingInterpreter(of: path, status) {
          refusal = missing
          continue
        }
        return
      } catch {
        if name == path { refusal = error.code.meaning }
      }
    }
    throw InitFailure(step: .findProgram, refusal: "exec: \"\(name)\": \(refusal)")
  }

  /// What is to be said of a program whose interpreter is not there; nil where all is well, and where
  /// it can't be told.
  private func missingInterpreter(
    of path: String,
    _ status: FileStatus,
  ) throws(KernelError) -> String? {
    guard status.kind == .regular else { return nil }
    let head: [UInt8]
    do throws(KernelError) {
      // Not a fifo or a terminal that has come in its place.
      head = try open(path, [.readOnly, .nonblocking, .noControllingTerminal]).read(upTo: 4096)
    } catch {
      // A program need not be readable.
      return nil
    }
    guard let interpreter = Interpreter(head: head) else { return nil }
    do throws(KernelError) {
      _ = try Process.status(of: interpreter.path)
      return nil
    } catch  where error.code == .noEntry || error.code == .notDirectory {
      return "no such file or directory: \(path) is there, but not \"\(interpreter.path)\", "
        + "which it is to be run by"
    }
  }

  /// HOME where the environment has none, or an empty one: from the container's own /etc/passwd, read as a plain file.
  private func homeDirectory() throws(InitFailure) -> String? {
    guard process.value(of: "HOME") ?? "" == "" else { return nil }
    let bytes: [UInt8]
    do throws(KernelError) {
      let file = try open("/etc/passwd", [.readOnly, .nonblocking, .noControllingTerminal])
      guard try file.status().kind == .regular else { return "/" }
      bytes = try file.readAll(limit: 1 << 20)
    } catch {
      // No list of users, or none that may be read: as good as one without this user.
      return "/"
    }
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      let fields = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
      guard fields.count >= 6, !fields[5].isEmpty,
        UInt32(String(decoding: fields[2], as: UTF8.self)) == process.uid
      else { continue }
      return String(decoding: fields[5], as: UTF8.self)
    }
    return "/"
  }

  /// Lets the program have the descriptors that the caller preserved for it.
  func inheritPreserved() throws(InitFailure) {
    try kernel(.execute, "preserved descriptors") { () throws(KernelError) in
      try DescriptorTable.inherit(3..<(3 + preservedDescriptors))
    }
  }

  /// The container's, with a HOME.
  var environment: [String] {
    guard let home else { return process.environment }
    return process.environment.filter { !$0.hasPrefix("HOME=") } + ["HOME=\(home)"]
  }

  /// The program and its rights.
  var execution: FinalExecution {
    FinalExecution(
      candidates: candidates,
      arguments: process.args,
      environment: environment
        + (listenPid.map { ["\(FinalExecution.listenPid)\($0)"] } ?? []),
      effective: credentials.effective,
      permitted: credentials.permitted,
      inheritable: credentials.inheritable,
      ambient: credentials.ambient,
      noNewPrivileges: process.noNewPrivileges,
      filter: filter?.program ?? [],
      filterFlags: filter?.flags ?? 0,
      listener: listenerHandover,
      firstClosed: UInt32(3 + preservedDescriptors)
    )
  }
}

/// Where programs are looked for when the environment has no PATH.
private let defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

extension ProcessPlan {
  /// The value of a variable, the last of several, as a program would see it.
  func value(of name: String) -> String? {
    let prefix = "\(name)="
    return environment.last { $0.hasPrefix(prefix) }.map {
      String(decoding: $0.utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
    }
  }
}
