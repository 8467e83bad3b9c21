import Kernel
package import RuntimeSpec

/// Runs the hooks of one point in their order, each with the container's state on its standard
/// input; the first that fails ends it.
///
/// Spec: config.md, "POSIX-platform Hooks"; runtime.md, "Lifecycle".
package func runHooks(
  _ hooks: [Hook],
  point: String,
  state: [UInt8],
) throws(HookError) {
  for (index, hook) in hooks.enumerated() {
    let name = HookName(point: point, index: index)
    let ended: EndedHook
    do throws(KernelError) {
      ended = try run(hook, state: state)
    } catch {
      throw .kernel(name, path: hook.path, error)
    }
    guard !ended.wasKilled else {
      throw .timedOut(name, path: hook.path, seconds: hook.timeout ?? 0)
    }
    guard ended.status == .exited(0) else {
      throw .failed(name, path: hook.path, ended.status, output: ended.output)
    }
  }
}

private struct EndedHook {
  var status: ExitStatus
  var output: String
  var wasKilled: Bool
}

private func run(_ hook: Hook, state: [UInt8]) throws(KernelError) -> EndedHook {
  // A file and not a pipe: a hook that does not read its standard input can't hold us up.
  let input = try MemoryFile.holding(state, name: "swrun-state")
  let pipe = try Pipe()
  switch try clone(namespaces: [], cgroup: nil, asSibling: false) {
  case .child:
    become(hook, input: input, output: pipe.keepWriting())
  case .parent(let pid, let pidfd):
    let output = pipe.keepReading()
    return try watch(pid: pid, pidfd: pidfd, output: output, timeout: hook.timeout)
  }
}

/// The child's part: becomes the hook, or says on its output why it can't.
private func become(
  _ hook: Hook,
  input: consuming OwnedDescriptor,
  output: consuming OwnedDescriptor,
) -> Never {
  do throws(KernelError) {
    try Process.startSession()
    // A hook without its runtime would race with those that clean up behind it.
    try Process.setParentDeathSignal(9)
    Signals.resetActions()
    try Signals.block(SignalMask(bits: 0))
    try DescriptorTable.duplicate(input, onto: 0)
    try DescriptorTable.duplicate(output, onto: 1)
    try DescriptorTable.duplicate(output, onto: 2)
    // A hook without `env` gets the runtime's own environment: callers' hooks need its PATH.
    try execute(
      hook.path,
      arguments: hook.args ?? [hook.path],
      environment: hook.env ?? Process.environment
    )
  } catch {
    do throws(KernelError) {
      try output.writeAll([UInt8]("\(error)".utf8))
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
) throws(KernelError) -> EndedHook {
  let end = timeout.map { Clock.monotonicMilliseconds + Int64($0) * 1000 }
  var tail: [UInt8] = []
  var isOpen = true
  // What a hook leaves running may print for ever: neither its end nor its time may wait for that.
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
    return EndedHook(
      status: try Process.wait(for: pid),
      output: printable(tail),
      wasKilled: !hasEnded
    )
  }
}

/// How much is still read of what a hook that has ended had printed, in bytes: what a pipe holds.
private let longestRest = 65536

/// How much of a hook's output a message shows, in bytes.
private let longestOutput = 1024

/// Output as part of a message of one line: a hook may print anything.
private func printable(_ bytes: [UInt8]) -> String {
  let text = String(decoding: bytes, as: UTF8.self)
  let visible = text.unicodeScalars.map {
    $0.value < 0x20 || $0.value == 0x7f ? " " : Character($0)
  }
  let line = String(visible)
  return String(line.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
}
