import Kernel

/// Does something in a child process, for which this process is not to be changed: what the child
/// joins and opens ends with it.
///
/// The child may come to live among strangers, so it has no descriptor but the standard streams and
/// those with the numbers in `kept`: nothing of the host's, and no lock. `body` gets the id of this
/// process, for `Process.endWithParent`.
///
/// - Returns: the bytes that `body` does, at most 1 MiB.
/// - Throws: what `body` throws, in words.
func inChild(
  _ subject: String,
  keeping kept: [CInt],
  _ body: (_ parent: Int32) throws(RuntimeError) -> [UInt8],
) throws(RuntimeError) -> [UInt8] {
  let parent = Process.ownID
  let pipe = try about(subject) { () throws(KernelError) in try Pipe() }
  let side = try about(subject) { () throws(KernelError) in
    try clone(namespaces: [], cgroup: nil, asSibling: false)
  }
  switch consume side {
  case .child:
    answer(on: pipe.keepWriting()) { output throws(RuntimeError) in
      try about(subject) { () throws(KernelError) in
        try DescriptorTable.close(from: 3, keeping: kept + [output])
        try Process.endWithParent(parent)
      }
      return try body(parent)
    }
  case .parent(let pid, _):
    let answers = pipe.keepReading()
    let bytes = try about(subject) { () throws(KernelError) in
      let bytes = try answers.readAll(limit: 1 << 20, subject: subject)
      _ = try Process.wait(for: pid)
      return bytes
    }
    switch bytes.first {
    case succeeded: return Array(bytes.dropFirst())
    case failed: throw .refused(String(decoding: bytes.dropFirst(), as: UTF8.self))
    default: throw .refused("\(subject): the child process ended without an answer")
    }
  }
}

private let succeeded: UInt8 = 0x2b
private let failed: UInt8 = 0x2d

private func answer(
  on output: consuming OwnedDescriptor,
  with body: (CInt) throws(RuntimeError) -> [UInt8],
) -> Never {
  var answer: [UInt8]
  do throws(RuntimeError) {
    answer = [succeeded] + (try body(output.raw))
  } catch {
    answer = [failed] + [UInt8](error.description.utf8)
  }
  do throws(KernelError) {
    try output.writeAll(answer)
  } catch {
    // The parent is gone: there is nobody to tell.
  }
  Process.end(0)
}
