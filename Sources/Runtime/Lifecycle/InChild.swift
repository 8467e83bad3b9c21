import Kernel

/// Does something in a child process, for which this process is not to be changed: what the child
/// joins and opens ends with it.
///
/// The child may come to live among strangers, so it has no descriptor but the standard streams and
/// those that are kept for it: nothing of the host's, and no lock.
///
/// - Parameters:
///   - subject: what messages begin with.
///   - kept: the numbers of the descriptors that the child needs.
///   - body: what the child does.
///   - heard: called here with what the child tells; when it throws, the child is ended where it is.
/// - Throws: what `body` throws, in words; what `heard` throws; and a refusal when all of it takes longer
///   than a verb with the lock may, as where files are served by somebody who does not answer.
func inChild(
  _ subject: String,
  keeping kept: [CInt],
  _ body: (borrowing ChildLine) throws(RuntimeError) -> Void,
  hearing heard: ([UInt8]) throws(RuntimeError) -> Void,
) throws(RuntimeError) {
  let parent = Process.ownID
  let ends = try about(subject) { () throws(KernelError) in try Channel.pair() }
  let side = try about(subject) { () throws(KernelError) in
    try clone(namespaces: [], cgroup: nil, asSibling: false)
  }
  switch consume side {
  case .child:
    ChildLine(parent: parent, channel: ends.keepSecond()).answer { line throws(RuntimeError) in
      try about(subject) { () throws(KernelError) in
        try DescriptorTable.close(from: 3, keeping: kept + [line.number])
        try Process.endWithParent(parent)
      }
      try body(line)
    }
  case .parent(let pid, let child):
    do throws(RuntimeError) {
      try listen(to: ends.keepFirst(), subject, heard)
    } catch {
      try about(subject) { () throws(KernelError) in try end(child, pid, isKilled: true) }
      throw error
    }
    try about(subject) { () throws(KernelError) in try end(child, pid, isKilled: false) }
  }
}

/// Takes the status of a child that ends, by itself or killed.
private func end(
  _ child: borrowing OwnedDescriptor,
  _ pid: Int32,
  isKilled: Bool,
) throws(KernelError) {
  if isKilled { try Process.signal(child, 9) }
  // The kernel may keep one that is killed: it holds nothing of this process.
  let aMoment: Int32 = 1000
  if try child.wait(for: .readable, milliseconds: aMoment) { _ = try Process.wait(for: pid) }
}

/// The child's end of its line to the process that has made it.
struct ChildLine: ~Copyable {
  /// The id of the parent, for `Process.endWithParent`.
  let parent: Int32
  fileprivate let channel: Channel

  fileprivate var number: CInt { channel.descriptor.raw }

  /// How many bytes can be told at once.
  static let mostAtOnce = Channel.longestFrame - 1

  /// Tells the parent something, and comes back when it has taken that in; a parent that does not like
  /// it ends this process.
  func tell(_ bytes: [UInt8]) {
    do throws(KernelError) {
      try channel.send([Tag.told] + bytes)
      guard try channel.receive() == [Tag.heard] else { Process.end(1) }
    } catch {
      Process.end(1)
    }
  }

  /// Does the work, says how it went, and ends this process.
  fileprivate consuming func answer(
    with body: (borrowing ChildLine) throws(RuntimeError) -> Void,
  ) -> Never {
    var frame = [Tag.succeeded]
    do throws(RuntimeError) {
      try body(self)
    } catch {
      frame = [Tag.failed] + error.description.utf8.prefix(Self.mostAtOnce)
    }
    do throws(KernelError) {
      try channel.send(frame)
    } catch {
      // The parent is gone: there is nobody to tell.
    }
    Process.end(0)
  }
}

private enum Tag {
  static let told: UInt8 = 0x3f
  static let heard: UInt8 = 0x21
  static let succeeded: UInt8 = 0x2b
  static let failed: UInt8 = 0x2d
}

/// Listens to a child until it says how its work went.
private func listen(
  to channel: borrowing Channel,
  _ subject: String,
  _ heard: ([UInt8]) throws(RuntimeError) -> Void,
) throws(RuntimeError) {
  let end = Clock.monotonicMilliseconds + patienceWithLock
  while true {
    let left = max(0, end - Clock.monotonicMilliseconds)
    let frame = try about(subject) { () throws(KernelError) -> [UInt8]? in
      guard try channel.descriptor.wait(for: .readable, milliseconds: Int32(left)) else {
        return nil
      }
      return try channel.receive()
    }
    guard let frame else {
      throw .refused(
        "\(subject): given up after \(patienceWithLock / 1000) seconds: a file system on the way does "
          + "not answer"
      )
    }
    let text = frame.dropFirst()
    switch frame.first {
    case Tag.succeeded: return
    case Tag.failed: throw .refused(String(decoding: text, as: UTF8.self))
    case Tag.told:
      try heard(Array(text))
      try about(subject) { () throws(KernelError) in try channel.send([Tag.heard]) }
    default: throw .refused("\(subject): the child process ended without an answer")
    }
  }
}
