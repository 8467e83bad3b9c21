/// A call of a method of an object.
package struct MethodCall: Sendable {
  package var destination: String
  package var path: String
  package var interface: String
  package var member: String
  package var arguments: [BusValue]

  package init(
    to destination: String,
    path: String,
    interface: String,
    member: String,
    _ arguments: [BusValue],
  ) {
    self.destination = destination
    self.path = path
    self.interface = interface
    self.member = member
    self.arguments = arguments
  }
}

/// A message that has come.
///
/// See: D-Bus Specification, "Message Format".
package struct BusMessage: Equatable, Sendable {
  enum Kind: UInt8 {
    case call = 1
    case reply = 2
    case error = 3
    case signal = 4
  }

  /// Nil for a type that is not known, which is to be ignored.
  var kind: Kind?
  var replySerial: UInt32?
  package var path: String?
  package var interface: String?
  package var member: String?
  var errorName: String?
  /// Nil in what the bus hands to everyone who asked for it.
  var destination: String?
  package var arguments: [BusValue]

  /// A broadcast signal: one that the bus has held against our match rules.
  ///
  /// Anyone may send a signal to us alone, with whatever interface and member, and no rule is asked
  /// then; so those with a destination don't count.
  var isBroadcast: Bool { kind == .signal && destination == nil }
}

extension MethodCall {
  /// The message as it goes over the socket.
  func bytes(serial: UInt32) -> [UInt8] {
    var body = ValueWriter()
    for argument in arguments { body.append(argument) }
    var fields: [BusValue] = [
      .structure([.byte(1), .variant(.objectPath(path))]),
      .structure([.byte(2), .variant(.string(interface))]),
      .structure([.byte(3), .variant(.string(member))]),
      .structure([.byte(6), .variant(.string(destination))]),
    ]
    let signature = arguments.map(\.signature).joined()
    if !signature.isEmpty {
      fields.append(.structure([.byte(8), .variant(.signature(signature))]))
    }
    var writer = ValueWriter()
    for byte in [UInt8(ascii: "l"), BusMessage.Kind.call.rawValue, 0, 1] {
      writer.append(.byte(byte))
    }
    writer.append(.uint32(UInt32(body.bytes.count)))
    writer.append(.uint32(serial))
    writer.append(.array(of: "(yv)", fields))
    writer.align(to: 8)
    return writer.bytes + body.bytes
  }
}

extension BusMessage {
  /// The longest message that is read.
  ///
  /// The specification allows 128 MiB; what we ask for is far
  /// shorter, and nobody is to make us hold more.
  static let longest = 1 << 20
  static let fixedLength = 16

  /// How long a message is, out of its first 16 bytes.
  static func length(of head: [UInt8]) throws(BusError) -> Int {
    guard head.count >= fixedLength else { throw .malformed("\(head.count) bytes") }
    let isBigEndian = try isBigEndian(head)
    guard head[3] == 1 else { throw .malformed("version \(head[3]) of the protocol") }
    var reader = ValueReader(Array(head.prefix(fixedLength)), isBigEndian: isBigEndian, from: 4)
    guard case .uint32(let body) = try reader.value(of: "u"),
      case .uint32 = try reader.value(of: "u"),
      case .uint32(let fields) = try reader.value(of: "u")
    else { throw .malformed("no lengths") }
    let paddedFields = (Int(fields) + 7) / 8 * 8
    let total = fixedLength + paddedFields + Int(body)
    guard total <= longest else { throw .malformed("a message of \(total) bytes") }
    return total
  }

  private static func isBigEndian(_ head: [UInt8]) throws(BusError) -> Bool {
    switch head.first {
    case UInt8(ascii: "l"): return false
    case UInt8(ascii: "B"): return true
    default: throw .malformed("no byte order")
    }
  }

  /// Reads a message that is there whole.
  init(_ bytes: [UInt8]) throws(BusError) {
    guard try Self.length(of: bytes) == bytes.count else { throw .malformed("a wrong length") }
    self.init(kind: Kind(rawValue: bytes[1]), arguments: [])
    let isBigEndian = try Self.isBigEndian(bytes)
    var reader = ValueReader(bytes, isBigEndian: isBigEndian, from: 12)
    guard case .array(_, let fields) = try reader.value(of: "a(yv)") else {
      throw .malformed("no header fields")
    }
    var signature = ""
    for field in fields {
      guard case .structure(let pair) = field, case .byte(let code) = pair[0] else { continue }
      take(field: code, pair[1].unwrapped, &signature)
    }
    // What nobody has asked for may be anything: it is not looked into.
    guard kind == .reply || kind == .error || isBroadcast else { return }
    try reader.align(to: 8)
    guard let types = BusSignature.types(in: signature) else {
      throw .malformed("the signature \"\(signature)\"")
    }
    // The body is aligned by itself, and begins at a multiple of 8: its own alignment is the same.
    for type in types { arguments.append(try reader.value(of: type)) }
    guard reader.isAtEnd else { throw .malformed("a body that is longer than its signature") }
  }

  private init(kind: Kind?, arguments: [BusValue]) {
    self.kind = kind
    self.arguments = arguments
  }

  private mutating func take(field code: UInt8, _ value: BusValue, _ signature: inout String) {
    switch code {
    case 1: path = value.text
    case 2: interface = value.text
    case 3: member = value.text
    case 4: errorName = value.text
    case 5: if case .uint32(let serial) = value { replySerial = serial }
    case 6: destination = value.text
    case 8: signature = value.text ?? ""
    default: break  // the sender's name, a count of descriptors: of no use here
    }
  }
}
