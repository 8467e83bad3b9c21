/// One network device of a network namespace.
package struct NetworkLink: Equatable, Sendable {
  package var index: UInt32
  package var name: String
}

/// What is asked about network devices, and done with them.
///
/// See: rtnetlink(7); numbers of <linux/rtnetlink.h>, <linux/if_link.h> and <linux/if_addr.h>.
extension RouteSocket {
  /// The devices of the namespace.
  package func links() throws(KernelError) -> [NetworkLink] {
    let request = RouteMessage(kind: 18, head: Self.linkHead(index: 0, flags: 0, changed: 0))
    return try list(request, subject: "network devices").compactMap { message in
      // IFLA_IFNAME, with a NUL at its end.
      guard let index = message.head.number(at: 4), let name = message.value(of: 3) else {
        return nil
      }
      return NetworkLink(
        index: index,
        name: String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
      )
    }
  }

  /// The addresses of a device that its administrator has given it for the world outside: permanent
  /// ones of global scope.
  package func addresses(of link: NetworkLink) throws(KernelError) -> [RouteMessage] {
    let request = RouteMessage(kind: 22, head: [UInt8](repeating: 0, count: 8))
    return try list(request, subject: link.name).filter { message in
      let flags = message.value(of: 8)?.number(at: 0) ?? UInt32(message.head[2])
      return message.head.number(at: 4) == link.index && message.head[3] == 0 && flags & 0x80 != 0
    }
  }

  /// Moves a device into the network namespace of a descriptor, under a name.
  ///
  /// It is down afterwards, and has lost its addresses.
  package func move(
    _ link: NetworkLink,
    to namespace: borrowing OwnedDescriptor,
    as name: String,
  ) throws(KernelError) {
    let number = UInt32(bitPattern: namespace.raw)
    let request = RouteMessage(
      kind: 16,
      head: Self.linkHead(index: link.index, flags: 0, changed: 0),
      attributes: [
        .init(28, number.bytes),  // IFLA_NET_NS_FD
        .init(3, [UInt8](name.utf8) + [0]),  // IFLA_IFNAME
      ]
    )
    try perform(request, subject: link.name)
  }

  /// Gives a device an address that another one, or the same elsewhere, has had.
  package func add(_ address: RouteMessage, to link: NetworkLink) throws(KernelError) {
    // What is the kernel's to find out anew stays behind: IFA_F_NODAD, IFA_F_HOMEADDRESS,
    // IFA_F_MANAGETEMPADDR, IFA_F_NOPREFIXROUTE and IFA_F_MCAUTOJOIN are the administrator's.
    let own: UInt32 = 0x02 | 0x10 | 0x100 | 0x200 | 0x400
    let flags = (address.value(of: 8)?.number(at: 0) ?? 0) & own
    // IFA_ADDRESS, IFA_LOCAL, IFA_BROADCAST, IFA_RT_PRIORITY.
    var kept = address.attributes.filter { [1, 2, 4, 9].contains($0.kind) }
    kept.append(.init(8, flags.bytes))
    let request = RouteMessage(
      kind: 20,
      flags: 0x600,  // NLM_F_CREATE, NLM_F_EXCL
      head: Array(address.head[..<2]) + [0, 0] + link.index.bytes,
      attributes: kept
    )
    try perform(request, subject: link.name)
  }

  /// Sets a device up.
  package func setUp(_ link: NetworkLink) throws(KernelError) {
    let up: UInt32 = 1  // IFF_UP
    let request = RouteMessage(
      kind: 16,
      head: Self.linkHead(index: link.index, flags: up, changed: up)
    )
    try perform(request, subject: link.name)
  }

  /// struct ifinfomsg.
  private static func linkHead(index: UInt32, flags: UInt32, changed: UInt32) -> [UInt8] {
    [0, 0, 0, 0] + index.bytes + flags.bytes + changed.bytes
  }
}
