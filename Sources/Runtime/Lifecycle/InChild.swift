import Kernel

/// Does something in a child process, for which this process is not to be changed: what the child
/// joins and opens ends with it.
///
/// The child may come to live among strangers, so it has no descriptor but the standard streams and
/// those with the numbers in `kept`: nothing of the host's, and no lock. `body` gets the id of this
/// process, for `Process.endWithParent`.
///
/// - Returns: the bytes that `body` does, at most 1 MiB.
/// - Throws: what `body` throws, in words; and a refusal when it takes longer than a verb with the lock
///   may, as where files are served by somebody who does not answer.
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
  case .parent(let pid, let child):
    let answers = pipe.keepReading()
    let bytes = try about(subject) { () throws(KernelError) in
      let answer = try readToEnd(answers, withinMilliseconds: patienceWithLock)
      if answer == nil { try Process.signal(child, 9) }
      // The kernel may keep one that is killed: it holds nothing of this process.
      let aMoment: Int32 = 1000
      if try child.wait(for: .readable, milliseconds: aMoment) { _ = try Process.wait(for: pid) }
      return answer
    }
    guard let bytes else {
      throw .refused(
        "\(subject): given up after \(patienceWithLock / 1000) seconds: a file system on the way does "
          + "not answer"
      )
    }
    switch bytes.first {
    case succeeded: return Array(bytes.dropFirst())
    case failed: throw .refused(String(decoding: bytes.dropFirst(), as: UTF8.self))
    default: throw .refused("\(subject): the child process ended without an answer")
    }
  }
}

/// - Returns: nil when the time is over before the end of the pipe, or of a mebibyte.
private func readToEnd(
  _ pipe: borrowing OwnedDescriptor,
  withinMilliseconds limit: Int64,
) throws(KernelError) -> [UInt8]? {
  let end = Clock.monotonicMilliseconds + limit
  var bytes: [UInt8] = []
  while bytes.count < 1 << 20 {
    let left = max(0, end - Clock.monotonicMilliseconds)
    guard try pipe.wait(for: .readable, milliseconds: Int32(left)) else { return nil }
    let part = try pipe.read(upTo: 1 << 16)
    if part.isEmpty { return bytes }
    bytes += part
  }
  return bytes
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
