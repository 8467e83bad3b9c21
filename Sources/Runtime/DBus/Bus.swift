import Kernel

// Why a client of our own: libdbus-1.a asks for two functions of libsystemd, which has no static
// archive, and for the resolver of users and hosts, which a static program would load shared
// libraries for; it adds 620 KB to a program of 680 and tells the bus a numeric user, which is
// another one inside of a user namespace. What a runtime needs of D-Bus are calls with a few types
// and one signal.

/// A connection to a message bus, by which methods are called.
///
/// Every wait ends at a deadline. See: D-Bus Specification.
package struct Bus: ~Copyable {
  private let socket: OwnedDescriptor
  private let address: BusAddress
  private var received: [UInt8] = []
  private var lastSerial: UInt32 = 0
  private var replies: [UInt32: BusMessage] = [:]
  private var signals: [BusMessage] = []
  /// Serials of calls to the bus itself, whose replies nobody waits for; an error is one all the same.
  private var ignored: Set<UInt32> = []
  /// Whether the bus has let us in, which is only looked at with the first answer.
  private var isAccepted = false

  private init(_ socket: consuming OwnedDescriptor, _ address: BusAddress) {
    self.socket = socket
    self.address = address
  }

  /// Connects and says hello, without a wait for either to be answered: a refusal comes with the
  /// first reply.
  ///
  /// The identity is left out of AUTH EXTERNAL, as who asks is what the socket says: our number for
  /// the user means another one where a user namespace lies between.
  ///
  /// See: D-Bus Specification, "Authentication Protocol".
  package static func connect(
    to address: BusAddress,
    until deadline: Deadline,
  ) throws(BusError) -> Bus {
    var bus = Bus(try socket(at: address, until: deadline), address)
    try bus.write([UInt8]("\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n".utf8))
    let hello = try bus.send(.toBus("Hello", []))
    bus.ignored = [hello]
    return bus
  }

  private static func socket(
    at address: BusAddress,
    until deadline: Deadline,
  ) throws(BusError) -> OwnedDescriptor {
    var failure = BusError.invalidAddress(address.description)
    for place in address.places {
      do throws(KernelError) {
        return try UnixSocket.connect(
          place.name,
          isAbstract: place.isAbstract,
          withinMilliseconds: max(deadline.millisecondsLeft, 1)
        )
      } catch {
        failure = .connection(address: address.description, error)
      }
    }
    throw failure
  }

  /// Has the bus hand on signals of a sender, by a match rule: `type='signal',sender='…',member='…'`.
  package mutating func subscribe(to rule: String) throws(BusError) {
    ignored.insert(try send(.toBus("AddMatch", [.string(rule)])))
  }

  /// Sends a call, whose reply is asked for later on.
  ///
  /// - Returns: the serial that `reply(to:until:)` takes.
  package mutating func send(_ call: MethodCall) throws(BusError) -> UInt32 {
    lastSerial += 1
    try write(call.bytes(serial: lastSerial))
    return lastSerial
  }

  /// Calls a method and waits for its results.
  ///
  /// - Throws: `failed` with what the callee answered.
  package mutating func call(
    _ call: MethodCall,
    until deadline: Deadline,
  ) throws(BusError) -> [BusValue] {
    try reply(to: try send(call), until: deadline, of: call.member)
  }

  /// Waits for the results of a call that was sent.
  package mutating func reply(
    to serial: UInt32,
    until deadline: Deadline,
    of member: String,
  ) throws(BusError) -> [BusValue] {
    while true {
      if let message = replies.removeValue(forKey: serial) { return try message.results() }
      guard try receive(until: deadline) else { throw .timedOut(waitingFor: "\(member) to answer") }
    }
  }

  /// Waits for a signal that was subscribed to.
  ///
  /// - Returns: nil when the time is over first.
  package mutating func nextSignal(until deadline: Deadline) throws(BusError) -> BusMessage? {
    while signals.isEmpty {
      guard try receive(until: deadline) else { return nil }
    }
    return signals.removeFirst()
  }

  private func write(_ bytes: [UInt8]) throws(BusError) {
    do throws(KernelError) {
      try socket.writeAll(bytes)
    } catch  where [.brokenPipe, .connectionReset].contains(error.code) {
      throw .disconnected
    } catch  where error.code == .wouldBlock {
      throw .timedOut(waitingFor: "the bus to read")
    } catch {
      throw .connection(address: address.description, error)
    }
  }

  /// Takes in one message.
  ///
  /// - Returns: false when the time is over first.
  private mutating func receive(until deadline: Deadline) throws(BusError) -> Bool {
    while true {
      if !isAccepted { try takeAcceptance() }
      if isAccepted, let message = try takeMessage() {
        try file(message)
        return true
      }
      guard try readMore(until: deadline) else { return false }
    }
  }

  private mutating func readMore(until deadline: Deadline) throws(BusError) -> Bool {
    do throws(KernelError) {
      let left = deadline.millisecondsLeft
      guard try socket.wait(for: .readable, milliseconds: left) else { return false }
      let chunk = try socket.read(upTo: 4096)
      guard !chunk.isEmpty else { throw BusError.closed }
      received += chunk
      return true
    } catch  where error == BusError.closed || error.code == .connectionReset {
      throw .disconnected
    } catch {
      throw .connection(address: address.description, error)
    }
  }

  /// Reads the server's lines: a challenge, which our empty DATA has answered, and OK.
  private mutating func takeAcceptance() throws(BusError) {
    while let end = received.firstIndex(of: UInt8(ascii: "\n")) {
      let line = String(decoding: received[..<end], as: UTF8.self).filter { $0 != "\r" }
      received.removeFirst(end + 1)
      if line.hasPrefix("OK") {
        isAccepted = true
        return
      }
      guard line == "DATA" || line.hasPrefix("DATA ") else {
        throw .refused(address: address.description, answer: line)
      }
    }
    guard received.count < 4096 else {
      throw .refused(address: address.description, answer: "a line without end")
    }
  }

  private mutating func takeMessage() throws(BusError) -> BusMessage? {
    guard received.count >= BusMessage.fixedLength else { return nil }
    let length = try BusMessage.length(of: received)
    guard received.count >= length else { return nil }
    let message = try BusMessage(Array(received.prefix(length)))
    received.removeFirst(length)
    return message
  }

  private mutating func file(_ message: BusMessage) throws(BusError) {
    if message.isBroadcast {
      signals.append(message)
    } else if let serial = message.replySerial, message.kind == .reply || message.kind == .error {
      guard ignored.remove(serial) == nil else {
        _ = try message.results()
        return
      }
      if serial <= lastSerial { replies[serial] = message }
    }
  }
}

extension MethodCall {
  fileprivate static func toBus(_ member: String, _ arguments: [BusValue]) -> MethodCall {
    MethodCall(
      to: "org.freedesktop.DBus",
      path: "/org/freedesktop/DBus",
      interface: "org.freedesktop.DBus",
      member: member,
      arguments
    )
  }
}

extension BusMessage {
  fileprivate func results() throws(BusError) -> [BusValue] {
    guard kind == .error else { return arguments }
    throw .failed(
      name: errorName ?? "an error without a name",
      message: arguments.first?.text ?? ""
    )
  }
}

extension BusError {
  fileprivate static var closed: KernelError {
    KernelError(call: "read", code: .brokenPipe, subject: "")
  }
}

/// A moment by which something has to have happened.
package struct Deadline: Sendable {
  private let end: Int64

  package init(inMilliseconds limit: Int64) {
    end = Clock.monotonicMilliseconds + limit
  }

  /// The earlier of this one and one that is so far away.
  package func atMost(milliseconds: Int64) -> Deadline {
    Deadline(inMilliseconds: min(milliseconds, Int64(millisecondsLeft)))
  }

  /// Never below zero.
  package var millisecondsLeft: Int32 {
    Int32(clamping: max(end - Clock.monotonicMilliseconds, 0))
  }

  package var isOver: Bool { millisecondsLeft == 0 }
}
