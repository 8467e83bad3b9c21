package import Kernel

/// How a program that was run has ended.
package struct EndedProgram: Sendable {
  package var status: ExitStatus
  /// The end of what it printed, as one line.
  package var output: String
  /// Whether its time was over first.
  package var wasKilled: Bool
}

/// Runs a program of the host to its end, in a session of its own.
///
/// - Parameters:
///   - path: an absolute path.
///   - arguments: its name first.
///   - environment: all of it, as KEY=value.
///   - input: what it reads from its standard input.
///   - timeout: in seconds; nil lets it take as long as it likes.
/// - Returns: how it ended; 127 when it could not be executed.
/// - Throws: when there is no process to be had for it, and when this one is told to end.
package func runProgram(
  _ path: String,
  arguments: [String],
  environment: [String],
  input: [UInt8],
  timeout: Int?,
) throws(KernelError) -> EndedProgram {
  // A file and not a pipe: who does not read its standard input can't hold us up.
  let input = try MemoryFile.holding(input, name: "swrun-state")
  let pipe = try Pipe()
  switch try clone(namespaces: [], cgroup: nil, asSibling: false) {
  case .child:
    become(path, arguments, environment, input: input, output: pipe.keepWriting())
  case .parent(let pid, let pidfd):
    let output = pipe.keepReading()
    do throws(KernelError) {
      return try watch(pid: pid, pidfd: pidfd, output: output, timeout: timeout)
    } catch {
      // Interrupted: what undoes its work must not run beside it.
      try Process.killSession(of: pid)
      _ = try Process.wait(for: pid)
      throw error
    }
  }
}

/// The child's part: becomes the program, or says on its output why it can't.
private func become(
  _ path: String,
  _ arguments: [String],
  _ environment: [String],
  input: consuming OwnedDescriptor,
  output: consuming OwnedDescriptor,
) -> Never {
  do throws(KernelError) {
    try Process.startSession()
    // A program without its runtime would race with those that clean up behind it.
    try Process.setParentDeathSignal(9)
    Signals.resetActions()
    try Signals.block(SignalMask(bits: 0))
    try DescriptorTable.duplicate(input, onto: 0)
    try DescriptorTable.duplicate(output, onto: 1)
    try DescriptorTable.duplicate(output, onto: 2)
    // Now and not only on exec: in a container the path may lead over /proc/self/fd (CVE-2024-21626).
    try DescriptorTable.close(from: 3)
    try execute(path, arguments: arguments, environment: environment)
  } catch {
    do throws(KernelError) {
      try DescriptorTable.write([UInt8]("\(error)".utf8), to: 2)
    } catch {
      // The status says enough: there is nobody else to tell.
    }
  }
  Process.end(127)
}

private func watch(
  pid: Int32,
  pidfd: borrowing OwnedDescriptor,
  output: borrowing OwnedDescriptor,
  timeout: Int?,
) throws(KernelError) -> EndedProgram {
  let end = timeout.map { Clock.monotonicMilliseconds + Int64($0) * 1000 }
  var tail: [UInt8] = []
  var isOpen = true
  // What a program leaves running may print for ever: neither its end nor its time may wait for that.
  var leftToRead = longestRest
  while true {
    let left = end.map { Int32(clamping: max(0, $0 - Clock.monotonicMilliseconds)) } ?? -1
    let ready = try DescriptorTable.wait(
      for: isOpen ? [pidfd.raw, output.raw] : [pidfd.raw],
      milliseconds: left
    )
    let hasEnded = ready[0]
    if isOpen, ready[1], hasEnded ? leftToRead > 0 : left != 0 {
      let chunk = try output.read(upTo: 4096)
      isOpen = !chunk.isEmpty
      tail = (tail + chunk).suffix(longestOutput)
      if hasEnded { leftToRead -= chunk.count }
      continue
    }
    guard hasEnded || left == 0 else { continue }
    if !hasEnded { try Process.killSession(of: pid) }
    return EndedProgram(
      status: try Process.wait(for: pid),
      output: printable(tail),
      wasKilled: !hasEnded
    )
  }
}

/// How much is still read of what a program that has ended had printed, in bytes: what a pipe holds.
private let longestRest = 65536

/// How much of a program's output a message shows, in bytes.
private let longestOutput = 1024

/// Output as part of a message of one line: a program may print anything.
private func printable(_ bytes: [UInt8]) -> String {
  let text = String(decoding: bytes, as: UTF8.self)
  let visible = text.unicodeScalars.map {
    $0.value < 0x20 || $0.value == 0x7f ? " " : Character($0)
  }
  let line = String(visible)
  return String(line.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
}
