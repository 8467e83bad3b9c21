/// The kind of network that an address belongs to.
package enum NetworkKind: String, Sendable, Hashable, CaseIterable {
  /// The Internet at large.
  case open = "the open network"
  case loopback = "the loopback network"
  /// Where clouds keep their metadata: 169.254.169.254.
  case linkLocal = "the link-local network"
  case privateNetwork = "a private network"
  /// Multicast, broadcast, and what is reserved.
  case special = "a special network"

  /// The kind of an IPv4 address of four bytes or an IPv6 address of sixteen.
  ///
  /// Spec: RFC 6890, and RFC 6052 for IPv4 inside IPv6.
  package init(address bytes: [UInt8]) {
    guard bytes.count == 16 else {
      self = bytes.count == 4 ? NetworkKind(ipv4: bytes) : .special
      return
    }
    let isMapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
    let isTranslated = bytes.starts(with: [0, 0x64, 0xFF, 0x9B] + [UInt8](repeating: 0, count: 8))
    if isMapped || isTranslated {
      self = NetworkKind(ipv4: Array(bytes[12...]))
    } else if bytes[..<15].allSatisfy({ $0 == 0 }) {
      // ::1, and :: which connects to it
      self = bytes[15] <= 1 ? .loopback : .special
    } else if bytes[0] == 0xFE, bytes[1] & 0xC0 == 0x80 {
      self = .linkLocal
    } else if bytes[0] & 0xFE == 0xFC || (bytes[0] == 0xFE && bytes[1] & 0xC0 == 0xC0) {
      self = .privateNetwork
    } else {
      self = bytes[0] == 0xFF ? .special : .open
    }
  }

  private init(ipv4 bytes: [UInt8]) {
    switch (bytes[0], bytes[1]) {
    case (0, _), (127, _): self = .loopback
    case (169, 254): self = .linkLocal
    case (10, _), (172, 16...31), (192, 168), (100, 64...127): self = .privateNetwork
    case (224..., _): self = .special
    default: self = .open
    }
  }
}

/// Which networks a request may connect to.
package enum NetworkReach: Sendable, Equatable {
  /// Wherever the user said.
  case anywhere
  /// Where a link from a server may lead: to the open network and to networks like the server's own.
  case linked(from: NetworkKind)

  /// Whether a connection is allowed.
  ///
  /// A registry on a loopback address may have its storage on the machine's private network; nobody
  /// but a server that is there itself may send us to a link-local address.
  package func allows(_ kind: NetworkKind) -> Bool {
    switch self {
    case .anywhere: true
    case .linked(let own):
      kind == .open || kind == own || (own == .loopback && kind == .privateNetwork)
    }
  }
}
