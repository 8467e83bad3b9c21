/// What the user asks for beyond what the image says.
package struct BundleOptions: Sendable {
  /// Takes the place of Cmd, where given.
  package var arguments: [String]?
  /// Takes the place of Entrypoint, where given; empty for none.
  package var entrypoint: [String]?
  /// `NAME=VALUE` each; later ones win over earlier ones and over the image's.
  package var environment: [String] = []
  package var user: String?
  package var workingDirectory: String?
  package var isRootReadOnly = false
  package var hasTerminal = false
  package var mounts: [BundleMount] = []
  package var hostname: String?
  package var memoryBytes: Int64?
  package var cpuQuota: CPUQuota?
  package var pidsLimit: Int64?
  package var identity: IdentityMapping = .host

  package init() {}
}

/// Who the container's users are on the host.
package enum IdentityMapping: Equatable, Sendable {
  /// No user namespace: the same as inside.
  case host
  /// A user namespace with these ranges.
  case mapped(users: [IdentityRange], groups: [IdentityRange])

  /// The host's uid for one of the container; nil when the mapping leaves it out.
  package func hostUser(_ uid: UInt32) -> UInt32? {
    switch self {
    case .host: uid
    case .mapped(let users, _): users.lazy.compactMap { $0.host(uid) }.first
    }
  }

  /// The host's gid for one of the container; nil when the mapping leaves it out.
  package func hostGroup(_ gid: UInt32) -> UInt32? {
    switch self {
    case .host: gid
    case .mapped(_, let groups): groups.lazy.compactMap { $0.host(gid) }.first
    }
  }
}

/// One line of a user namespace's mapping. See: user_namespaces(7)
package struct IdentityRange: Equatable, Sendable {
  package let container: UInt32
  package let host: UInt32
  package let size: UInt32

  package init(container: UInt32, host: UInt32, size: UInt32) {
    self.container = container
    self.host = host
    self.size = size
  }

  /// Reads `CONTAINER:HOST:SIZE`.
  package init?(parsing text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(decimal)
    guard parts.count == 3, let container = parts[0], let host = parts[1], let size = parts[2],
      size > 0, container <= UInt32.max - size, host <= UInt32.max - size
    else { return nil }
    self.init(container: container, host: host, size: size)
  }

  func host(_ id: UInt32) -> UInt32? {
    guard id >= container, id - container < size else { return nil }
    return host + (id - container)
  }

  /// Whether two ranges share an id, inside or outside: the kernel refuses such mappings.
  package func overlaps(_ other: IdentityRange) -> Bool {
    (container < other.container + other.size && other.container < container + size)
      || (host < other.host + other.size && other.host < host + size)
  }
}

/// A share of processor time.
package struct CPUQuota: Equatable, Sendable {
  /// Microseconds in each period.
  package let quota: Int64
  /// The kernel's usual period of 100 ms.
  package static let period: Int64 = 100_000

  /// Reads a number of processors such as `2` or `0.5`, to the thousandth.
  package init?(parsing text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), let whole = decimal(parts[0]), whole <= 1_000_000 else {
      return nil
    }
    var thousandths = Int64(whole) * 1000
    if parts.count == 2 {
      guard parts[1].utf8.count <= 3, let fraction = decimal(parts[1]) else { return nil }
      let scale: [Int64] = [100, 10, 1]
      thousandths += Int64(fraction) * scale[parts[1].utf8.count - 1]
    }
    // The kernel wants at least a millisecond.
    guard thousandths >= 10 else { return nil }
    quota = thousandths * CPUQuota.period / 1000
  }
}

/// Reads a size such as `512m`: bytes, or with a suffix b, k, m, g or t in powers of 1024.
package func byteCount(parsing text: String) -> Int64? {
  let scales: [Character: Int64] = [
    "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40,
  ]
  var digits = Substring(text.lowercased())
  var scale: Int64 = 1
  if let last = digits.last, let known = scales[last] {
    scale = known
    digits = digits.dropLast()
  }
  guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
    let number = Int64(digits)
  else { return nil }
  let (bytes, overflow) = number.multipliedReportingOverflow(by: scale)
  return overflow ? nil : bytes
}

/// A number of decimal digits alone; nil with a sign, a space or anything above 32 bits.
func decimal(_ text: some StringProtocol) -> UInt32? {
  guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
  return UInt32(text)
}
