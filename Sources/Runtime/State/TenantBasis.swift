import JSON
import Kernel
package import RuntimeSpec

/// What exec needs to know of a container beside its record, kept from create.
///
/// The bundle may have been changed or deleted since, by whoever it belongs to; and the filter is
/// kept compiled, as it was loaded, so that a tenant has the very same.
package struct TenantBasis: Equatable, Sendable {
  /// The kinds of namespace that are the container's own.
  package var namespaces: [NamespaceKind]
  /// The filter's program, 8 bytes an instruction; nil for none.
  package var filter: [UInt8]?
  /// The flags of seccomp(2) for it.
  package var filterFlags: UInt32
  package var persona: UInt32?
  package var memoryPolicy: MemoryPolicyPlan?
  /// Who gets the listener of each process's filter; nil for a filter without one.
  package var listenerPath: String?
  package var listenerMetadata: String?
  /// Whether the container stays in its creator's session keyring.
  package var keepsKeyring: Bool
  /// The section of config.json, exactly as it stands there.
  package var processText: [UInt8]

  package init(
    namespaces: [NamespaceKind],
    filter: [UInt8]?,
    filterFlags: UInt32,
    persona: UInt32?,
    keepsKeyring: Bool,
    processText: [UInt8],
  ) {
    self.namespaces = namespaces
    self.filter = filter
    self.filterFlags = filterFlags
    self.persona = persona
    self.keepsKeyring = keepsKeyring
    self.processText = processText
    memoryPolicy = nil
    listenerPath = nil
    listenerMetadata = nil
  }
}

extension TenantBasis {
  /// A line of JSON, then the section, then the filter.
  var bytes: [UInt8] {
    let head = JSONValue.object(present: [
      ("format", 1),
      ("namespaces", .strings(namespaces.map(\.rawValue))),
      ("filter", filter.map { .integer(Int64($0.count)) }),
      ("filterFlags", .integer(Int64(filterFlags))),
      ("persona", persona.map { .integer(Int64($0)) }),
      ("memoryMode", memoryPolicy.map { .integer(Int64($0.mode)) }),
      ("memoryNodes", memoryPolicy.map { .array($0.nodes.map { .unsigned($0) }) }),
      ("listenerPath", listenerPath.map { .string($0) }),
      ("listenerMetadata", listenerMetadata.map { .string($0) }),
      ("keepsKeyring", .boolean(keepsKeyring)),
      ("process", .integer(Int64(processText.count))),
    ])
    return head.text(.compact) + [UInt8(ascii: "\n")] + processText + (filter ?? [])
  }

  /// Reads a basis; nil when the bytes are none of this format, or not all of it.
  init?(bytes: [UInt8]) {
    guard let lineEnd = bytes.firstIndex(of: UInt8(ascii: "\n")),
      let head = Self.head(Array(bytes[..<lineEnd])),
      head["format"]?.integer(as: Int.self) == 1,
      let names = head["namespaces"]?.elements.map({ NamespaceKind(rawValue: $0.string ?? "") }),
      let flags = head["filterFlags"]?.integer(as: UInt32.self),
      let keepsKeyring = head["keepsKeyring"]?.boolean,
      let textCount = head["process"]?.integer(as: UInt32.self)
    else { return nil }
    let filterCount = head["filter"]?.integer(as: UInt32.self)
    let textEnd = lineEnd + 1 + Int(textCount)
    guard bytes.count == textEnd + Int(filterCount ?? 0), !names.contains(nil) else { return nil }
    self.init(
      namespaces: names.compactMap { $0 },
      filter: filterCount.map { _ in Array(bytes[textEnd...]) },
      filterFlags: flags,
      persona: head["persona"]?.integer(as: UInt32.self),
      keepsKeyring: keepsKeyring,
      processText: Array(bytes[(lineEnd + 1)..<textEnd])
    )
    memoryPolicy = head["memoryMode"]?.integer(as: UInt32.self).map { mode in
      MemoryPolicyPlan(
        mode: mode,
        nodes: head["memoryNodes"]?.elements.compactMap { $0.integer(as: UInt64.self) } ?? []
      )
    }
    listenerPath = head["listenerPath"]?.string
    listenerMetadata = head["listenerMetadata"]?.string
  }

  private static func head(_ line: [UInt8]) -> JSONNode? {
    do throws(JSONError) { return try JSONDocument(parsing: line).root } catch { return nil }
  }
}

extension ContainerDirectory {
  private static var basisName: String { "tenant" }

  /// Writes the basis of a container that has no init yet.
  ///
  /// In one go and in place: nobody reads it before the record says that init is prepared.
  package func write(_ basis: TenantBasis) throws(StateError) {
    try wrapping { () throws(KernelError) in
      let file = try open(
        at: descriptor,
        Self.basisName,
        [.writeOnly, .create, .truncate, .noFollow],
        mode: 0o600,
        [.beneath, .noSymlinks]
      )
      try file.writeAll(basis.bytes, subject: Self.basisName)
    }
  }

  /// Reads the basis.
  ///
  /// - Throws: `damaged`.
  package func readBasis() throws(StateError) -> TenantBasis {
    let bytes: [UInt8]
    do throws(KernelError) {
      bytes = try open(at: descriptor, Self.basisName, [.readOnly], [.beneath, .noSymlinks])
        .readAll(limit: 16 << 20, subject: Self.basisName)
    } catch  where error.code == .noEntry {
      throw .damaged(id, reason: "\(Self.basisName) is not there")
    } catch {
      throw .kernel(error)
    }
    guard let basis = TenantBasis(bytes: bytes) else {
      throw .damaged(id, reason: "\(Self.basisName) is not of this version")
    }
    return basis
  }
}
