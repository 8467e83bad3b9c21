package import Kernel

/// CRIU as a child of this process that serves one request.
///
/// `criu swrk N` talks over the socket N: requests and answers of rpc.proto, one datagram each.
/// Descriptors go by their numbers in the process that has made the socket. That is CRIU itself, before
/// it became CRIU: so a number means the same file in whatever mount namespace CRIU is.
package struct CriuService: ~Copyable {
  package let pid: Int32
  private let process: OwnedDescriptor
  private let channel: Channel
  /// What CRIU prints before it has a log.
  private let output: OwnedDescriptor

  private init(
    pid: Int32,
    process: consuming OwnedDescriptor,
    channel: consuming Channel,
    output: consuming OwnedDescriptor,
  ) {
    self.pid = pid
    self.process = process
    self.channel = channel
    self.output = output
  }

  /// Starts CRIU.
  ///
  /// - Parameters:
  ///   - program: its absolute path.
  ///   - cgroup: the directory that it is born in; nil for this process's own.
  ///   - inherited: descriptors that it gets under their numbers.
  ///   - prepare: what the child does before it becomes CRIU.
  /// - Returns: a CRIU that waits for a request.
  /// - Throws: what `prepare` throws, in words, and why CRIU could not be executed.
  package static func start(
    _ program: String,
    cgroup: CInt?,
    inherited: [CInt],
    prepare: () throws(CriuError) -> Void,
  ) throws(CriuError) -> CriuService {
    let ends = try about("criu") { () throws(KernelError) in try Channel.pair() }
    let output = try about("criu") { () throws(KernelError) in
      try MemoryFile.holding([], name: "criu-output")
    }
    let failure = try about("criu") { () throws(KernelError) in try Pipe() }
    let side = try about("criu") { () throws(KernelError) in
      try clone(namespaces: [], cgroup: cgroup, asSibling: false)
    }
    switch consume side {
    case .child:
      let report = failure.keepWriting()
      let parent = ends.keepSecond()
      do throws(CriuError) {
        try prepare()
        try about(program) { () throws(KernelError) in
          let own = try Channel.pair()
          try parent.send([0], descriptor: own.first.descriptor.raw)
          try become(program, channel: own.keepSecond().release(), output, inherited)
        }
      } catch {
        do throws(KernelError) {
          try report.writeAll([UInt8](error.description.utf8))
        } catch {
          // The parent is gone: there is nobody to tell.
        }
      }
      Process.end(1)
    case .parent(let pid, let process):
      let report = failure.keepReading()
      let first = ends.keepFirst()
      // Close-on-exec: the end of it means that CRIU runs.
      let reason = try about("criu") { () throws(KernelError) in
        try report.readAll(limit: 1 << 16)
      }
      guard reason.isEmpty else {
        end(pid, process)
        throw .refused(String(decoding: reason, as: UTF8.self))
      }
      return CriuService(
        pid: pid,
        process: process,
        channel: try socket(from: first),
        output: output
      )
    }
  }

  /// Takes the socket that the child has made.
  private static func socket(from child: borrowing Channel) throws(CriuError) -> Channel {
    let passed = try about("criu") { () throws(KernelError) in
      try child.receiveWithDescriptor().takeDescriptor()
    }
    guard let passed = consume passed else {
      throw .refused("criu ended before it could be asked for anything")
    }
    return Channel(adopting: passed)
  }

  private static func become(
    _ program: String,
    channel: CInt,
    _ output: borrowing OwnedDescriptor,
    _ inherited: [CInt],
  ) throws(KernelError) {
    Signals.resetActions()
    try Signals.block(SignalMask(bits: 0))
    try DescriptorTable.duplicate(output, onto: 1)
    try DescriptorTable.duplicate(output, onto: 2)
    for descriptor in inherited + [channel] {
      try DescriptorTable.inherit(descriptor..<(descriptor + 1))
    }
    try execute(
      program,
      arguments: [program, "swrk", "\(channel)"],
      environment: Process.environment
    )
  }

  /// Has CRIU serve a request.
  ///
  /// - Parameters:
  ///   - request: what it is to do.
  ///   - log: the path of its log, for messages.
  ///   - notified: called at each point that CRIU reaches, with the first process's id and a
  ///     descriptor if it sends one; its failure ends the work and comes first.
  /// - Returns: the id of the first process after a restore, or the failure of `notified`.
  /// - Throws: `failed` and `broken`, with what CRIU's log says.
  package func serve<Failure: Error>(
    _ request: CriuRequest,
    log: String,
    notified: (String, Int32?, consuming OwnedDescriptor?) throws(Failure) -> Void,
  ) throws(CriuError) -> Result<Int32?, Failure> {
    try send(request.frame)
    var refusal: Failure?
    while true {
      let received = try receive(request, log: log)
      let frame = received.bytes
      guard !frame.isEmpty, let response = CriuResponse(frame: frame) else {
        if let refusal { return .failure(refusal) }
        throw .broken(request.verb, reasons: reasons(log, orElse: nil), log: log)
      }
      switch response {
      case .notification(let script, let pid):
        do throws(Failure) {
          try notified(script, pid, received.takeDescriptor())
        } catch {
          refusal = error
        }
        try send(CriuRequest.answer(isSuccess: refusal == nil))
      case .done(let pid):
        if let refusal { return .failure(refusal) }
        return .success(pid)
      case .failed(let number, let message):
        if let refusal { return .failure(refusal) }
        throw .failed(
          request.verb,
          code: number == 0 ? nil : ErrorNumber(rawValue: number),
          reasons: reasons(log, orElse: message),
          log: log
        )
      }
    }
  }

  private func send(_ frame: [UInt8]) throws(CriuError) {
    do throws(KernelError) {
      try channel.send(frame)
    } catch  where error.code == .brokenPipe {
      // CRIU has ended: the next thing to be read is that.
    } catch {
      throw .kernel(error, subject: "criu")
    }
  }

  private func receive(
    _ request: CriuRequest,
    log: String,
  ) throws(CriuError) -> ReceivedFrame {
    do throws(KernelError) {
      return try channel.receiveWithDescriptor()
    } catch  where error.code == .connectionReset {
      throw .broken(request.verb, reasons: reasons(log, orElse: nil), log: log)
    } catch {
      throw .kernel(error, subject: "criu")
    }
  }

  /// What CRIU says of errors, in its log and before it has one.
  private func reasons(_ log: String, orElse message: String?) -> [String] {
    do throws(KernelError) {
      let early = try output.readFromStart(limit: 1 << 20)
      let late = try readLog(log)
      let lines = errorLines(in: early) + errorLines(in: late)
      return lines.isEmpty ? message.map { [$0] } ?? [] : lines
    } catch {
      return ["its log can't be read: \(error)"]
    }
  }

  /// CRIU may end before it has made its log.
  private func readLog(_ path: String) throws(KernelError) -> [UInt8] {
    do throws(KernelError) {
      return try open(path, [.readOnly]).readAll(limit: 64 << 20)
    } catch  where error.code == .noEntry {
      return []
    }
  }

  /// Waits until CRIU has cleaned up behind itself and ended, kills it if it does not, and takes its
  /// status.
  package func end() { Self.end(pid, process) }

  private static func end(_ pid: Int32, _ process: borrowing OwnedDescriptor) {
    do throws(KernelError) {
      if try !process.wait(for: .readable, milliseconds: patience) {
        try Process.signal(process, 9)
      }
      _ = try Process.wait(for: pid)
    } catch {
      // It has ended already: that is what was wanted.
    }
  }
}

/// How long CRIU may take to end once its work is done, in milliseconds.
private let patience: Int32 = 10_000

extension CriuRequest {
  /// What messages call the work.
  var verb: String {
    switch action {
    case .checkpoint: "checkpoint the container"
    case .preDump: "checkpoint the container's memory"
    case .restore: "restore the container"
    }
  }
}
