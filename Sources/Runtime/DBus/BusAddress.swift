import Kernel

/// Where a message bus listens: one or more places, to be tried in order.
///
/// See: D-Bus Specification, "Server Addresses".
package struct BusAddress: Equatable, Sendable, CustomStringConvertible {
  struct Place: Equatable {
    var name: String
    var isAbstract: Bool
  }

  package let description: String
  let places: [Place]

  /// Reads an address as the environment has it; only sockets of this machine are understood.
  ///
  /// - Throws: `invalidAddress` when none of its places is one.
  package init(_ text: String) throws(BusError) {
    places = text.split(separator: ";").compactMap(Self.place)
    description = text
    guard !places.isEmpty else { throw .invalidAddress(text) }
  }

  private static func place(_ text: Substring) -> Place? {
    guard text.hasPrefix("unix:") else { return nil }
    for pair in text.dropFirst("unix:".count).split(separator: ",") {
      let parts = pair.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, ["path", "abstract"].contains(parts[0]),
        let name = unescaped(parts[1])
      else { continue }
      return Place(name: name, isAbstract: parts[0] == "abstract")
    }
    return nil
  }

  /// A byte may stand as % and two digits; nil for what is no text after that.
  private static func unescaped(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let code = UInt8(Substring(rest.prefix(2)), radix: 16), rest.count >= 2 else {
        return nil
      }
      bytes.append(code)
      rest = rest.dropFirst(2)
    }
    return bytes.contains(0) ? nil : String(validating: bytes, as: UTF8.self)
  }

  /// The bus of the system.
  ///
  /// See: D-Bus Specification, "System message bus".
  package static func system() throws(BusError) -> BusAddress {
    try BusAddress(
      variable("DBUS_SYSTEM_BUS_ADDRESS") ?? "unix:path=/run/dbus/system_bus_socket"
    )
  }

  /// The bus of a user: where the variable tells, or else in the user's runtime directory.
  ///
  /// There the bus of systemd always is. The variable may speak of one that has gone, as of another
  /// session, or of what is no socket of this machine.
  package static func user(_ user: UInt32) throws(BusError) -> BusAddress {
    let directory = variable("XDG_RUNTIME_DIR") ?? "/run/user/\(user)"
    let usual = "unix:path=\(escaped("\(directory)/bus"))"
    guard let given = variable("DBUS_SESSION_BUS_ADDRESS"), given != usual else {
      return try BusAddress(usual)
    }
    return try BusAddress("\(given);\(usual)")
  }

  private static func variable(_ name: String) -> String? {
    Process.variable(name).flatMap { $0.isEmpty ? nil : $0 }
  }

  private static func escaped(_ path: String) -> String {
    path.utf8.map { byte in
      let isPlain = byte < 0x80 && ("/.-_\\".utf8.contains(byte) || isAlphanumeric(byte))
      return isPlain ? String(UnicodeScalar(byte)) : "%" + hexadecimal(byte)
    }.joined()
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: false
    }
  }

  private static func hexadecimal(_ byte: UInt8) -> String {
    (byte < 16 ? "0" : "") + String(byte, radix: 16)
  }
}
