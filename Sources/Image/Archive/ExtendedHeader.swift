/// The records of PAX extended headers, a global one and that of one entry together.
///
/// Spec: POSIX.1-2017 pax, "pax Extended Header".
struct ExtendedHeader {
  typealias Reason = ArchiveError.Reason

  private var records: [[UInt8]: [UInt8]] = [:]
  /// The pieces of a sparse file in PAX format 0.0, which repeats its keys.
  private var sparseNumbers: [UInt64] = []

  var isEmpty: Bool { records.isEmpty }

  /// Adds the records of one header's body; the last of a key wins, an empty value removes it.
  mutating func merge(_ body: some Collection<UInt8>) throws(Reason) {
    var rest = body[...]
    while !rest.isEmpty {
      let digits = rest.prefix { $0 != 0x20 }
      guard let length = Int(digits), length > digits.count + 1, length <= rest.count else {
        throw .badExtendedHeader("bad record length")
      }
      let record = rest.prefix(length)
      rest = rest.dropFirst(length)
      let content = record.dropFirst(digits.count + 1).dropLast()
      guard record.reversed().first == 0x0A, let equals = content.firstIndex(of: 0x3D) else {
        throw .badExtendedHeader("a record without end or equals sign")
      }
      try add(
        key: Array(content[..<equals]),
        value: Array(content[equals...].dropFirst()),
      )
    }
  }

  /// This header with the records of a more specific one over its own.
  func overridden(by other: ExtendedHeader) -> ExtendedHeader {
    var result = other
    result.records = records.merging(other.records) { _, theirs in theirs }
    return result
  }

  /// The same without what makes sense for a single entry only.
  var withoutSparseRecords: ExtendedHeader {
    var result = self
    result.sparseNumbers = []
    result.records = records.filter { !$0.key.starts(with: "GNU.sparse.".utf8) }
    return result
  }

  private mutating func add(key: [UInt8], value: [UInt8]) throws(Reason) {
    if key.elementsEqual("GNU.sparse.offset".utf8) || key.elementsEqual("GNU.sparse.numbytes".utf8)
    {
      guard let number = UInt64(value) else { throw .badSparseMap("not a number") }
      sparseNumbers.append(number)
    } else {
      records[key] = value
    }
  }

  func name(_ key: String) throws(Reason) -> [UInt8]? {
    guard let value = value(key) else { return nil }
    guard !value.contains(0) else { throw .nulInName }
    return value
  }

  func number(_ key: String) throws(Reason) -> UInt64? {
    guard let value = value(key) else { return nil }
    if value.first == 0x2D { throw .negative(field: key) }
    guard let number = UInt64(value) else { throw .badNumber(field: key) }
    return number
  }

  func time(_ key: String) throws(Reason) -> Timestamp? {
    guard let value = value(key) else { return nil }
    guard let time = Timestamp(paxValue: value) else { throw .badNumber(field: key) }
    return time
  }

  /// Extended attributes by name, in the order of their names.
  func attributes() throws(Reason) -> [Entry.Attribute] {
    var values: [[UInt8]: [UInt8]] = [:]
    for (key, value) in records where !value.isEmpty {
      // SCHILY, as every current program writes, wins over the older encoding.
      if let name = key.dropping(prefix: "SCHILY.xattr.") {
        values[name] = value
      } else if let name = key.dropping(prefix: "LIBARCHIVE.xattr.") {
        let name = try percentDecoded(name)
        if records[Array("SCHILY.xattr.".utf8) + name] == nil {
          values[name] = try base64Decoded(value)
        }
      }
    }
    var attributes: [Entry.Attribute] = []
    for name in values.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      guard !name.isEmpty, !name.contains(0) else {
        throw .badExtendedHeader("bad name of an attribute")
      }
      attributes.append(Entry.Attribute(name: name, value: values[name, default: []]))
    }
    return attributes
  }

  /// How the sparse formats of PAX describe the entry, nil when it isn't sparse.
  func sparse(limit: Int) throws(Reason) -> PaxSparse? {
    let size = try number("GNU.sparse.size")
    let realSize = try number("GNU.sparse.realsize") ?? size
    if try number("GNU.sparse.major") == 1 {
      guard try number("GNU.sparse.minor") == 0 else {
        throw .badSparseMap("unknown version")
      }
      guard let realSize else { throw .badSparseMap("no size") }
      return .mapInData(realSize: realSize)
    }
    guard let realSize else { return nil }
    var numbers = sparseNumbers
    if let map = value("GNU.sparse.map") {
      numbers = []
      for part in map.split(separator: 0x2C, omittingEmptySubsequences: false) {
        guard let number = UInt64(part) else { throw .badSparseMap("not a number") }
        numbers.append(number)
      }
    }
    guard numbers.count.isMultiple(of: 2) else { throw .badSparseMap("an offset without length") }
    guard numbers.count / 2 <= limit else {
      throw .tooLarge(what: "the number of sparse pieces", limit: limit)
    }
    return .mapInHeader(realSize: realSize, pairs(numbers))
  }

  private func value(_ key: String) -> [UInt8]? {
    guard let value = records[Array(key.utf8)], !value.isEmpty else { return nil }
    return value
  }
}

/// Where PAX keeps the map of a sparse file.
enum PaxSparse {
  /// Formats 0.0 and 0.1.
  case mapInHeader(realSize: UInt64, [SparsePiece])
  /// Format 1.0.
  case mapInData(realSize: UInt64)
}
