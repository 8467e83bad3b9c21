import Kernel
import State

/// Where a service manager waits for news of the service that it has started.
///
/// See: sd_notify(3), NOTIFY_SOCKET.
package struct NotifyAddress: Sendable {
  private let name: String
  private let isAbstract: Bool

  /// With a manager that does not read, in milliseconds.
  private static let patience: Int32 = 5000

  /// Reads the variable's text; nil for an address that is no Unix socket's.
  package init?(_ text: String) {
    switch text.utf8.first {
    case UInt8(ascii: "/"): (name, isAbstract) = (text, false)
    case UInt8(ascii: "@"): (name, isAbstract) = (String(text.dropFirst()), true)
    default: return nil
    }
  }

  /// Says that the service is ready, and which process it is.
  ///
  /// With `waits` it comes back when the manager has read it, or after five seconds: a manager may
  /// look up who has sent a message, and takes none of a process that has ended.
  ///
  /// - Throws: what keeps it from being sent.
  func tell(mainProcess pid: Int32, waits: Bool) throws(KernelError) {
    let socket = try DatagramSocket.connect(name, isAbstract: isAbstract)
    try socket.setNonblocking()
    try awaitRoom(in: socket)
    try DatagramSocket.send([UInt8]("READY=1\nMAINPID=\(pid)\n".utf8), over: socket)
    guard waits else { return }
    let pipe = try Pipe()
    try awaitRoom(in: socket)
    try UnixSocket.send(pipe.writing, with: [UInt8]("BARRIER=1".utf8), over: socket)
    let reading = pipe.keepReading()
    _ = try DescriptorTable.wait(
      for: [PollRequest(reading.raw, [])],
      milliseconds: Self.patience
    )
  }
}

extension NotifyAddress {
  /// A manager that is behind must not hold us up for ever: without room the next message is an error.
  private func awaitRoom(in socket: borrowing OwnedDescriptor) throws(KernelError) {
    _ = try DescriptorTable.wait(
      for: [PollRequest(socket.raw, .writable)],
      milliseconds: Self.patience
    )
  }
}

/// What a container says about itself, on its way to the service manager.
///
/// All that is passed on is that it is ready, once, in words of our own; the rest is read and
/// forgotten, so that nobody waits for room in the socket.
struct Notification: ~Copyable {
  private let socket: OwnedDescriptor
  private let manager: NotifyAddress
  private let warn: (String) -> Void
  private var hasPassedOn = false
  private var restsUntil: Int64 = 0

  /// A datagram of sd_notify(3) is shorter than this.
  private static let longest = 4096
  /// After a datagram, in milliseconds: a container that floods its socket must not keep the host's
  /// processor busy with it.
  private static let rest: Int64 = 10

  /// Makes the container's socket.
  ///
  /// - Returns: nil when nobody is to be told anything, or the container was made without a place for
  ///   a socket.
  static func open(
    in directory: borrowing ContainerDirectory,
    for manager: NotifyAddress?,
    on host: borrowing Host,
  ) throws(RuntimeError) -> Notification? {
    guard let manager else { return nil }
    let socket = try withState { () throws(StateError) in
      NotifySocket(descriptor: try directory.makeNotifySocket())
    }
    switch consume socket.descriptor {
    case nil: return nil
    case let socket?: return Notification(socket: socket, manager: manager, warn: host.warn)
    }
  }

  private init(
    socket: consuming OwnedDescriptor,
    manager: NotifyAddress,
    warn: @escaping (String) -> Void,
  ) {
    self.socket = socket
    self.manager = manager
    self.warn = warn
  }

  /// What to wait for before the next `relay`; -1 for no limit in time.
  var request: (request: PollRequest, milliseconds: Int32) {
    let rest = restsUntil - Clock.monotonicMilliseconds
    // Nothing but an error is waited for while it rests.
    return rest > 0
      ? (PollRequest(socket.raw, []), Int32(rest)) : (PollRequest(socket.raw, .readable), -1)
  }

  /// Reads what is there, at most one datagram, and passes it on.
  ///
  /// - Returns: whether there may be more.
  @discardableResult
  mutating func relay(for pid: Int32, waits: Bool) throws(KernelError) -> Bool {
    guard let bytes = try DatagramSocket.receive(from: socket, limit: Self.longest) else {
      return false
    }
    restsUntil = Clock.monotonicMilliseconds + Self.rest
    let lines = bytes.split(separator: UInt8(ascii: "\n"))
    guard !hasPassedOn, lines.contains(where: { $0.elementsEqual("READY=1".utf8) }) else {
      return true
    }
    hasPassedOn = true
    do throws(KernelError) {
      try manager.tell(mainProcess: pid, waits: waits)
    } catch {
      // The container is none the worse for it.
      warn("NOTIFY_SOCKET: the service manager can't be told that the container is ready: \(error)")
    }
    return true
  }

  /// Reads what a process has left that has ended.
  mutating func finish(for pid: Int32) throws(KernelError) {
    // Others may go on writing.
    for _ in 0..<64 where try relay(for: pid, waits: true) {}
  }

  /// Waits until a container is ready, and the manager knows, or until it has ended.
  mutating func awaitReady(
    _ process: borrowing OwnedDescriptor,
    pid: Int32,
  ) throws(KernelError) {
    while !hasPassedOn {
      let (own, milliseconds) = request
      let happened = try DescriptorTable.wait(
        for: [own, PollRequest(process.raw, .readable)],
        milliseconds: milliseconds
      )
      if happened[1] { return try finish(for: pid) }
      if happened[0] { try relay(for: pid, waits: true) }
    }
  }
}

/// An optional that a generic closure can return.
private struct NotifySocket: ~Copyable {
  let descriptor: OwnedDescriptor?
}
