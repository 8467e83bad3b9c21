import Kernel

/// The most that is read of what a tool prints, in bytes.
private let longestToolOutput = 64 << 20

/// Runs a program of the host that PATH leads to, with nothing on its standard input.
///
/// - Returns: what it printed.
/// - Throws: when it is not there, and what it printed when it did not succeed.
func runTool(_ name: String, _ arguments: [String]) throws(RuntimeError) -> String {
  guard let path = hostProgram(name) else {
    throw .refused("\(name) is needed and not there: install it, or see to PATH")
  }
  let (status, output) = try about(name) { () throws(KernelError) in
    try run(path, [name] + arguments)
  }
  let text = String(decoding: output, as: UTF8.self)
  guard status == .exited(0) else {
    throw .refused("\(name) failed with status \(status.code): \(text)")
  }
  return text
}

/// The absolute path of a program; nil where there is none that can be executed.
private func hostProgram(_ name: String) -> String? {
  let path =
    Process.variable("PATH") ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
  // A relative entry would be somebody else's program, executed as root.
  return path.split(separator: ":").filter { $0.hasPrefix("/") }.map { "\($0)/\(name)" }
    .first { Process.mayExecute($0) }
}

private func run(
  _ path: String,
  _ words: [String],
) throws(KernelError) -> (ExitStatus, [UInt8]) {
  let input = try open("/dev/null", [.readOnly])
  let pipe = try Pipe()
  switch try clone(namespaces: [], cgroup: nil, asSibling: false) {
  case .child:
    become(path, words, input: input, output: pipe.keepWriting())
  case .parent(let pid, _):
    let output = pipe.keepReading()
    do throws(KernelError) {
      let text = try output.readAll(limit: longestToolOutput, subject: path)
      return (try Process.wait(for: pid), text)
    } catch {
      // Its next write ends it, as the pipe closes with this function.
      throw error
    }
  }
}

/// The child's part: becomes the program, or says on its output why it can't.
private func become(
  _ path: String,
  _ words: [String],
  input: consuming OwnedDescriptor,
  output: consuming OwnedDescriptor,
) -> Never {
  do throws(KernelError) {
    try Process.setParentDeathSignal(9)
    Signals.resetActions()
    try Signals.block(SignalMask(bits: 0))
    try DescriptorTable.duplicate(input, onto: 0)
    try DescriptorTable.duplicate(output, onto: 1)
    try DescriptorTable.duplicate(output, onto: 2)
    try DescriptorTable.closeOnExec(from: 3)
    try execute(path, arguments: words, environment: Process.environment)
  } catch {
    do throws(KernelError) {
      try output.writeAll([UInt8]("\(error)".utf8))
    } catch {
      // The status says enough: there is nobody else to tell.
    }
  }
  Process.end(127)
}
