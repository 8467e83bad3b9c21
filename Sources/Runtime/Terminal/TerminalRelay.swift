package import Kernel

/// What joins the caller's terminal to the one of a process in the foreground.
///
/// The caller's is raw for as long as this exists, so that Ctrl-C and its like are the process's, and
/// has its settings back when this goes, whichever way.
package struct TerminalRelay: ~Copyable {
  private let master: OwnedDescriptor
  /// Held open so that a process that closes its terminal and opens it again, as some init systems
  /// do, is not cut off between.
  private let slave: OwnedDescriptor
  private let output: OwnedDescriptor
  /// What the caller's terminal had before; nil when standard input is none.
  private let settings: TerminalSettings?
  private var typed = RelayBuffer()
  private var shown = RelayBuffer()
  private var isInputOpen = true
  /// In bytes, and more than a terminal holds: others may go on writing after the process's end.
  private var leftToDrain = 1 << 20

  private static var input: CInt { 0 }

  private init(
    master: consuming OwnedDescriptor,
    slave: consuming OwnedDescriptor,
    output: consuming OwnedDescriptor,
    settings: TerminalSettings?,
  ) {
    self.master = master
    self.slave = slave
    self.output = output
    self.settings = settings
  }

  /// Makes the caller's terminal raw, and gives its size to that of a master.
  package static func join(
    _ master: consuming OwnedDescriptor,
    _ processes: borrowing ProcessFiles,
  ) throws(KernelError) -> TerminalRelay {
    try master.setNonblocking()
    let slave = try PseudoTerminal.openPeer(of: master)
    let output = try openOutput(processes)
    // What a terminal is set to is another job's business until it is our turn.
    let isOurs = try JobControl.awaitForeground(of: input)
    let settings = isOurs ? TerminalSettings(of: input) : nil
    let relay = TerminalRelay(master: master, slave: slave, output: output, settings: settings)
    try relay.resume()
    return relay
  }

  deinit {
    // Who has the terminal by now has set it as they want it.
    guard !JobControl.isInBackground(of: Self.input) else { return }
    do throws(KernelError) {
      try settings?.set(on: Self.input)
    } catch {
      // The caller's terminal is gone.
    }
  }

  /// Standard output, for writes that never wait.
  ///
  /// A pipe or terminal is opened anew, as what others share with us must stay blocking; a file, which
  /// never blocks, is not, or we would not write where others have left off.
  private static func openOutput(
    _ processes: borrowing ProcessFiles,
  ) throws(KernelError) -> OwnedDescriptor {
    let shared = try OwnedDescriptor.duplicating(raw: 1)
    guard try shared.status().kind != .regular else { return shared }
    do throws(KernelError) {
      let flags: OpenFlags = [.writeOnly, .nonblocking, .noControllingTerminal]
      return try processes.openTarget(of: "self/fd/1", flags)
    } catch {
      // A socket, or another user's terminal: a slow reader may hold us up there.
      return shared
    }
  }

  /// Gives the size of the caller's terminal, where it has any, to the one of a master.
  package static func giveSize(to master: borrowing OwnedDescriptor) throws(KernelError) {
    guard let size = PseudoTerminal.size(of: input) ?? PseudoTerminal.size(of: 1) else { return }
    try PseudoTerminal.setSize(of: master, rows: size.rows, columns: size.columns)
  }

  /// Gives the process's terminal the size that the caller's has now.
  package func resize() throws(KernelError) {
    try Self.giveSize(to: master)
  }

  /// Gives the caller's terminal its settings back, stops this process, and goes on when it is
  /// continued.
  package func stop() throws(KernelError) {
    try settings?.set(on: Self.input)
    try Process.stopSelf()
    try resume()
  }

  /// Takes the caller's terminal again, once it is this job's: whoever stopped us may have changed it.
  package func resume() throws(KernelError) {
    guard try JobControl.awaitForeground(of: Self.input) else { return }
    try settings?.passingEverything.set(on: Self.input)
    try resize()
  }

  /// What to wait for at this moment, for `relay` to be called with it.
  package var requests: [PollRequest] {
    var list: [PollRequest] = []
    if isInputOpen, typed.hasRoom { list.append(PollRequest(Self.input, .readable)) }
    var wanted: PollEvents = []
    if shown.hasRoom { wanted.insert(.readable) }
    if !typed.isEmpty { wanted.insert(.writable) }
    if !wanted.isEmpty { list.append(PollRequest(master.raw, wanted)) }
    if !shown.isEmpty { list.append(PollRequest(output.raw, .writable)) }
    return list
  }

  /// Copies as much as can be without waiting, after `requests` have been waited for.
  package mutating func relay(_ requests: some Sequence<PollRequest>) throws(KernelError) {
    for request in requests where !request.happened.isEmpty {
      if request.number == Self.input { try readInput() }
      if request.number == master.raw { try serveMaster() }
      if request.number == output.raw { writeOutput() }
    }
  }

  private mutating func readInput() throws(KernelError) {
    guard !JobControl.isInBackground(of: Self.input) else {
      // What is typed now is for another job.
      isInputOpen = try JobControl.awaitForeground(of: Self.input)
      return try resume()
    }
    do throws(KernelError) {
      let bytes = try OwnedDescriptor.duplicating(raw: Self.input).readAvailable(upTo: 4096)
      guard let bytes else { return }
      guard bytes.isEmpty else { return typed.append(bytes) }
      // The end of what is no terminal has to be typed: EOF in a line of its own.
      if settings == nil { typed.append(typed.endsLine ? [endOfFile] : [endOfFile, endOfFile]) }
      isInputOpen = false
    } catch {
      // EIO: the caller's terminal has been hung up.
      isInputOpen = false
    }
  }

  private mutating func serveMaster() throws(KernelError) {
    if !typed.isEmpty { typed.remove(try master.writeAvailable(typed.bytes)) }
    guard shown.hasRoom else { return }
    do throws(KernelError) {
      if let bytes = try master.readAvailable(upTo: RelayBuffer.capacity) { shown.append(bytes) }
    } catch  where error.code == .inputOutput {
      // Hung up with the end of its session.
    }
  }

  private mutating func writeOutput() {
    do throws(KernelError) {
      shown.remove(try output.writeAvailable(shown.bytes))
    } catch {
      // Nobody looks any more: what the process says must not hold it up.
      shown.remove(shown.bytes.count)
    }
  }

  /// Takes and shows what the process has left in its terminal, after its end.
  ///
  /// - Returns: what to wait for before the next call; nil when all has been shown.
  package mutating func drain() -> PollRequest? {
    do throws(KernelError) {
      while shown.hasRoom, leftToDrain > 0,
        let bytes = try master.readAvailable(upTo: RelayBuffer.capacity), !bytes.isEmpty
      {
        shown.append(bytes)
        leftToDrain -= bytes.count
      }
    } catch {
      // EIO: nothing is left.
    }
    writeOutput()
    return shown.isEmpty ? nil : PollRequest(output.raw, .writable)
  }
}

/// What terminals take for the end of the input: VEOF in termios(3).
private let endOfFile: UInt8 = 4

/// Bytes on their way, of which no more are taken than there is room for.
struct RelayBuffer {
  static let capacity = 16384

  private(set) var bytes: ArraySlice<UInt8> = []
  /// Whether the last byte that was ever taken ended a line, as nothing does.
  private(set) var endsLine = true

  var isEmpty: Bool { bytes.isEmpty }
  var hasRoom: Bool { bytes.count < Self.capacity }

  mutating func append(_ new: [UInt8]) {
    if let last = new.last { endsLine = last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") }
    bytes += new
  }

  mutating func remove(_ count: Int) {
    bytes = bytes.dropFirst(count)
    if bytes.isEmpty { bytes = [] }
  }
}
