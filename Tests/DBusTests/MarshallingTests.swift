import Testing

@testable import DBus

/// Bytes out of hexadecimal text; spaces don't count.
private func bytes(_ text: String) -> [UInt8] {
  let digits = text.filter { $0 != " " }
  return stride(from: 0, to: digits.count, by: 2).compactMap { at in
    let start = digits.index(digits.startIndex, offsetBy: at)
    return UInt8(digits[start..<digits.index(start, offsetBy: 2)], radix: 16)
  }
}

private func written(_ value: BusValue) -> [UInt8] {
  var writer = ValueWriter()
  writer.append(value)
  return writer.bytes
}

private func readBack(_ value: BusValue) throws -> BusValue {
  var reader = ValueReader(written(value), isBigEndian: false)
  let result = try reader.value(of: value.signature[...])
  #expect(reader.isAtEnd)
  return result
}

/// As busctl and libdbus send them.
private let examples: [(BusValue, String)] = [
  (.byte(7), "07"),
  (.boolean(true), "01000000"),
  (.int16(-2), "feff"),
  (.uint32(0x0102_0304), "04030201"),
  (.int64(-1), "ffffffffffffffff"),
  (.double(1.5), "000000000000f83f"),
  (.string("foo"), "03000000 666f6f00"),
  (.signature("a{sv}"), "05 617b73767d 00"),
  (.variant(.uint32(5)), "01 75 00 00 05000000"),
  (.variant(.string("+")), "01 73 00 00 01000000 2b00"),
  (.array(of: "u", [.uint32(1), .uint32(2)]), "08000000 01000000 02000000"),
  (.array(of: "t", []), "00000000 00000000"),
  (.array(of: "t", [.uint64(5)]), "08000000 00000000 0500000000000000"),
  (
    .array(of: "(sv)", [.structure([.string("a"), .variant(.boolean(true))])]),
    "10000000 00000000 01000000 6100 016200 000000 01000000"
  ),
  (
    .array(of: "{sv}", [.entry(key: .string("k"), value: .variant(.byte(1)))]),
    "0a000000 00000000 01000000 6b00 017900 01"
  ),
]

@Suite struct MarshallingTests {
  @Test("values are written as the specification has it", arguments: examples)
  func writing(value: BusValue, text: String) {
    #expect(written(value) == bytes(text))
  }

  @Test("what is written is read back", arguments: examples)
  func reading(value: BusValue, _: String) throws {
    #expect(try readBack(value) == value)
  }

  @Test("a sender of the other byte order is understood")
  func bigEndian() throws {
    var reader = ValueReader(bytes("00000003 666f6f00"), isBigEndian: true)
    #expect(try reader.value(of: "s") == .string("foo"))
  }

  @Test(
    "lengths and contents that lie are refused",
    arguments: [
      ("s", "ffffffff 61", "a string longer than the message"),
      ("s", "03000000 666f6f", "a string without its end"),
      ("s", "03000000 66006f00", "a string with a NUL inside"),
      ("s", "02000000 c32800", "no UTF-8"),
      ("b", "02000000", "a boolean of 2"),
      ("au", "ffffffff 01000000", "an array longer than the message"),
      ("au", "06000000 01000000 02000000", "an array that ends inside of a value"),
      ("at", "08000000 01000000 0500000000000000", "padding that is not zero"),
      ("v", "02 7575 00 00000000", "a variant of two types"),
      ("v", "01 61 00 00000000", "a variant of an array of nothing"),
      ("v", "ff 61", "a signature longer than the message"),
    ]
  )
  func hostile(type: String, text: String, label: String) {
    var reader = ValueReader(bytes(text), isBigEndian: false)
    #expect(throws: BusError.self, "\(label)") { try reader.value(of: type[...]) }
  }

  @Test("variants in variants end somewhere")
  func depth() {
    let nested = (0..<40).reduce(BusValue.byte(1)) { value, _ in .variant(value) }
    var reader = ValueReader(written(nested), isBigEndian: false)
    #expect(throws: BusError.self) { try reader.value(of: "v") }
  }

  @Test("no bytes at all crash the reader")
  func noise() {
    var state: UInt64 = 0x2545_f491_4f6c_dd1d
    func random() -> UInt8 {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return UInt8(truncatingIfNeeded: state)
    }
    for _ in 0..<20_000 {
      let text = (0..<64).map { _ in random() }
      for type in ["a{sv}", "(yv)", "aas", "v", "a(sa(sv))"] {
        var reader = ValueReader(text, isBigEndian: false)
        do { _ = try reader.value(of: type[...]) } catch {}
      }
      do { _ = try BusMessage([0x6c, 2, 0, 1] + text) } catch {}
    }
  }

  @Test(
    "signatures are cut into complete types",
    arguments: [
      ("", []), ("ssa(sv)a(sa(sv))", ["s", "s", "a(sv)", "a(sa(sv))"]), ("a{sv}u", ["a{sv}", "u"]),
      ("aau", ["aau"]), ("a", nil), ("()", nil), ("{sv}", nil), ("a{vs}", nil), ("(s", nil),
      ("s)", nil), ("h", nil), (String(repeating: "a", count: 30) + "s", nil),
    ] as [(String, [String]?)]
  )
  func signatures(text: String, types: [String]?) {
    #expect(BusSignature.types(in: text)?.map(String.init) == types)
  }
}

@Suite struct MessageTests {
  private let call = MethodCall(
    to: "org.a",
    path: "/o",
    interface: "org.i",
    member: "M",
    [.string("x"), .boolean(true)]
  )

  @Test("a call is a message of its length, with its fields")
  func fields() throws {
    var text = call.bytes(serial: 7)
    #expect(try BusMessage.length(of: text) == text.count)
    // Read back as a reply would be: of calls to us the body is not looked at.
    text[1] = BusMessage.Kind.reply.rawValue
    let message = try BusMessage(text)
    #expect(message.path == "/o" && message.interface == "org.i" && message.member == "M")
    #expect(message.arguments == [.string("x"), .boolean(true)])
  }

  @Test("a signal to us alone is no broadcast, whoever it says that it is of")
  func unicast() throws {
    var text = call.bytes(serial: 7)
    text[1] = BusMessage.Kind.signal.rawValue
    let message = try BusMessage(text)
    #expect(!message.isBroadcast && message.arguments.isEmpty)
  }

  @Test("a message that is too long is refused by its first bytes")
  func length() {
    var text = Array(call.bytes(serial: 7).prefix(16))
    text[7] = 0x7f
    #expect(throws: BusError.self) { try BusMessage.length(of: text) }
    text[7] = 0
    text[15] = 0x7f
    #expect(throws: BusError.self) { try BusMessage.length(of: text) }
  }
}

@Suite struct AddressTests {
  @Test(
    "addresses of sockets of this machine",
    arguments: [
      ("unix:path=/run/dbus/system_bus_socket", "/run/dbus/system_bus_socket", false),
      ("unix:abstract=/tmp/dbus-x,guid=12", "/tmp/dbus-x", true),
      ("tcp:host=h,port=1;unix:path=/a%20b", "/a b", false),
    ]
  )
  func places(text: String, name: String, isAbstract: Bool) throws {
    #expect(try BusAddress(text).places == [.init(name: name, isAbstract: isAbstract)])
  }

  @Test(
    "others are refused",
    arguments: ["", "tcp:host=h", "unix:", "unix:path=%2", "unix:path=%zz", "unix:path=/a%00b"]
  )
  func refused(text: String) {
    #expect(throws: BusError.self) { try BusAddress(text) }
  }
}
