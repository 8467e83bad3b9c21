import CKernel
import Glibc

/// A conversation with the kernel about the devices of a network namespace.
///
/// See: netlink(7), rtnetlink(7). Numbers are in the machine's order of bytes.
package struct RouteSocket: ~Copyable {
  private let socket: OwnedDescriptor

  /// Opens a socket that belongs to the network namespace of this process, for as long as it is open.
  package init() throws(KernelError) {
    socket = OwnedDescriptor(
      adopting: try check("socket", "NETLINK_ROUTE") { ckernel_open_route_socket() }
    )
  }

  /// Asks for one thing to be done, and waits until it is.
  package func perform(_ message: RouteMessage, subject: String) throws(KernelError) {
    // NLM_F_ACK: the answer is an error message, of 0 where all is well.
    try send(message, adding: 0x4)
    _ = try receive(from: message, subject: subject)
  }

  /// Asks for all of a kind.
  package func list(_ message: RouteMessage, subject: String) throws(KernelError) -> [RouteMessage]
  {
    try send(message, adding: 0x300)  // NLM_F_DUMP
    return try receive(from: message, subject: subject)
  }

  private func send(_ message: RouteMessage, adding flags: UInt16) throws(KernelError) {
    try socket.writeAll(message.bytes(adding: flags), subject: "netlink")
  }

  private func receive(
    from request: RouteMessage,
    subject: String,
  ) throws(KernelError) -> [RouteMessage] {
    var list: [RouteMessage] = []
    while true {
      let bytes = try socket.read(upTo: 1 << 17, subject: "netlink")
      guard let messages = RouteMessage.list(in: bytes) else {
        throw KernelError(call: "netlink", code: .inputOutput, subject: subject)
      }
      for message in messages {
        switch message.kind {
        case 2:  // NLMSG_ERROR
          let code = Int32(bitPattern: message.head.number(at: 0) ?? 0)
          guard code != 0 else { return list }
          throw KernelError(call: request.name, code: .init(rawValue: -code), subject: subject)
        case 3: return list  // NLMSG_DONE
        default: list.append(message)
        }
      }
    }
  }
}

/// One message of rtnetlink: a fixed head, then attributes.
package struct RouteMessage: Equatable, Sendable {
  /// RTM_NEWLINK and its like.
  package var kind: UInt16
  /// NLM_F_*, but for what `RouteSocket` adds.
  package var flags: UInt16
  package var head: [UInt8]
  package var attributes: [Attribute]

  /// One attribute: its number and its bytes.
  package struct Attribute: Equatable, Sendable {
    package var kind: UInt16
    package var value: [UInt8]

    package init(_ kind: UInt16, _ value: [UInt8]) {
      self.kind = kind
      self.value = value
    }
  }

  package init(kind: UInt16, flags: UInt16 = 0, head: [UInt8], attributes: [Attribute] = []) {
    self.kind = kind
    self.flags = flags
    self.head = head
    self.attributes = attributes
  }

  /// The value of an attribute; nil where there is none of that number.
  package func value(of kind: UInt16) -> [UInt8]? {
    attributes.first { $0.kind == kind }?.value
  }

  /// What messages call the request.
  fileprivate var name: String {
    switch kind {
    case 16: "RTM_NEWLINK"
    case 18: "RTM_GETLINK"
    case 20: "RTM_NEWADDR"
    case 22: "RTM_GETADDR"
    default: "rtnetlink \(kind)"
    }
  }

  func bytes(adding extra: UInt16) -> [UInt8] {
    var body = head.padded
    for attribute in attributes {
      body += UInt16(attribute.value.count + 4).bytes + attribute.kind.bytes
      body += attribute.value.padded
    }
    // struct nlmsghdr: length, kind, flags, a sequence number, a port.
    let request: UInt16 = 1
    return UInt32(body.count + 16).bytes + kind.bytes + (flags | extra | request).bytes
      + UInt32(1).bytes + UInt32(0).bytes + body
  }

  /// Reads the messages of one datagram; nil where one is cut short.
  static func list(in bytes: [UInt8]) -> [RouteMessage]? {
    var list: [RouteMessage] = []
    var start = 0
    while start < bytes.count {
      guard let length = bytes.number(at: start).map(Int.init), length >= 16,
        start + length <= bytes.count
      else { return nil }
      let kind = UInt16(bytes[start + 4]) | UInt16(bytes[start + 5]) << 8
      list.append(RouteMessage(kind: kind, body: Array(bytes[(start + 16)..<(start + length)])))
      start += (length + 3) & ~3
    }
    return list
  }

  private init(kind: UInt16, body: [UInt8]) {
    // struct ifinfomsg has 16 bytes, struct ifaddrmsg 8; an error message has no attributes for us.
    let size =
      switch kind {
      case 16: 16
      case 20: 8
      default: body.count
      }
    self.init(kind: kind, head: Array(body.prefix(size)))
    var start = size
    while start + 4 <= body.count {
      let length = Int(body[start]) | Int(body[start + 1]) << 8
      guard length >= 4, start + length <= body.count else { return }
      // The two highest bits say how the value is made.
      let number = (UInt16(body[start + 2]) | UInt16(body[start + 3]) << 8) & 0x3fff
      attributes.append(.init(number, Array(body[(start + 4)..<(start + length)])))
      start += (length + 3) & ~3
    }
  }
}

extension [UInt8] {
  /// Four bytes as a number; nil where there are not so many.
  package func number(at place: Int) -> UInt32? {
    guard place + 4 <= count else { return nil }
    return self[place..<(place + 4)].reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }

  fileprivate var padded: [UInt8] { self + .init(repeating: 0, count: (4 - count % 4) % 4) }
}

extension FixedWidthInteger where Self: UnsignedInteger {
  /// The bytes of a number, the lowest first.
  package var bytes: [UInt8] {
    (0..<(Self.bitWidth / 8)).map { UInt8(truncatingIfNeeded: self >> Self($0 * 8)) }
  }
}
