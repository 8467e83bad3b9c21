extension ArchiveReader {
  /// Acts on a whole header block.
  mutating func readHeader() throws(ArchiveError.Reason) -> Event? {
    path = []
    if block.isZero {
      // POSIX ends an archive with two blocks of zeros.
      if sawZeroBlock { try end() }
      sawZeroBlock = true
      return nil
    }
    // Readers disagree on what a single one means, so nothing may hide behind it.
    guard !sawZeroBlock else { throw .loneZeroBlock }
    try block.verifyChecksum()
    path = block.path
    switch block.type {
    case UInt8(ascii: "x"), UInt8(ascii: "X"): try beginBody(of: .paxLocal)
    case UInt8(ascii: "g"): try beginBody(of: .paxGlobal)
    case UInt8(ascii: "L"): try beginBody(of: .longName)
    case UInt8(ascii: "K"): try beginBody(of: .longLink)
    case UInt8(ascii: "V"): try beginBody(of: .ignored)
    default: return try beginEntry()
    }
    return nil
  }

  private mutating func end() throws(ArchiveError.Reason) {
    guard local == nil, longName == nil, longLink == nil else { throw .extendedHeaderWithoutEntry }
    state = .ended
  }

  private mutating func beginBody(of kind: Extension) throws(ArchiveError.Reason) {
    let size = try block.size()
    switch kind {
    case .paxLocal, .paxGlobal:
      guard size <= UInt64(limits.extendedHeaderLength) else {
        throw .tooLarge(what: "an extended header", limit: limits.extendedHeaderLength)
      }
    case .longName, .longLink:
      guard size <= UInt64(limits.nameLength) else {
        throw .tooLarge(what: "the length of a name", limit: limits.nameLength)
      }
    case .ignored:
      break
    }
    body = []
    padding = paddingLength(after: size)
    state = .extensionBody(kind, left: size)
  }

  mutating func readBody(
    of kind: Extension,
    left: UInt64,
    from chunk: Span<UInt8>,
    at position: inout Int,
  ) throws(ArchiveError.Reason) {
    let count = Int(min(left, UInt64(chunk.count - position)))
    if kind != .ignored {
      for index in position..<(position + count) { body.append(chunk[index]) }
    }
    position += count
    guard left == UInt64(count) else {
      state = .extensionBody(kind, left: left - UInt64(count))
      return
    }
    try finishBody(of: kind)
    state = .skip(padding)
  }

  private mutating func finishBody(of kind: Extension) throws(ArchiveError.Reason) {
    switch kind {
    case .paxLocal:
      var header = local ?? ExtendedHeader()
      try header.merge(body)
      local = header
    case .paxGlobal:
      globalLength += UInt64(body.count)
      guard globalLength <= UInt64(limits.extendedHeaderLength) else {
        throw .tooLarge(what: "global extended headers", limit: limits.extendedHeaderLength)
      }
      try global.merge(body)
      global = global.withoutSparseRecords
    case .longName:
      longName = Array(body.prefix { $0 != 0 })
    case .longLink:
      longLink = Array(body.prefix { $0 != 0 })
    case .ignored:
      break
    }
  }

  private mutating func beginEntry() throws(ArchiveError.Reason) -> Event? {
    entryCount += 1
    guard entryCount <= limits.entryCount else {
      throw .tooLarge(what: "the number of entries", limit: limits.entryCount)
    }
    let extended = global.overridden(by: local ?? ExtendedHeader())
    var sparse: PaxSparse?
    if local != nil { sparse = try extended.sparse(limit: limits.sparsePieceCount) }
    path = try extended.name("path") ?? longName ?? block.path
    if sparse != nil { path = try extended.name("GNU.sparse.name") ?? path }
    let entry = try entry(described: extended)
    local = nil
    longName = nil
    longLink = nil
    return try begin(entry, sparse: sparse)
  }

  private func entry(described extended: ExtendedHeader) throws(ArchiveError.Reason) -> Entry {
    guard !path.isEmpty else { throw .emptyName }
    try checkLength(path)
    let kind = try kind(linkTarget: extended.name("linkpath") ?? longLink ?? block.linkTarget)
    return Entry(
      path: path,
      kind: kind,
      size: kind == .regular ? try extended.number("size").or(block.size()) : 0,
      mode: try block.mode(),
      uid: try extended.number("uid").or(block.uid()),
      gid: try extended.number("gid").or(block.gid()),
      modified: try extended.time("mtime").or(block.modified()),
      accessed: try extended.time("atime"),
      attributes: try extended.attributes(),
      isSparse: false,
      offset: headerOffset,
    )
  }

  private func kind(linkTarget: [UInt8]) throws(ArchiveError.Reason) -> Entry.Kind {
    switch block.type {
    case 0, UInt8(ascii: "0"), UInt8(ascii: "7"), UInt8(ascii: "S"):
      // V7 had no type for directories.
      return path.last == UInt8(ascii: "/") ? .directory : .regular
    case UInt8(ascii: "1"), UInt8(ascii: "2"):
      guard !linkTarget.isEmpty else { throw .emptyName }
      try checkLength(linkTarget)
      let isHard = block.type == UInt8(ascii: "1")
      return isHard ? .hardLink(target: linkTarget) : .symbolicLink(target: linkTarget)
    case UInt8(ascii: "3"):
      return .characterDevice(major: try block.deviceMajor(), minor: try block.deviceMinor())
    case UInt8(ascii: "4"):
      return .blockDevice(major: try block.deviceMajor(), minor: try block.deviceMinor())
    case UInt8(ascii: "5"):
      return .directory
    case UInt8(ascii: "6"):
      return .fifo
    case let type:
      throw .unsupportedType(type)
    }
  }

  private func checkLength(_ name: [UInt8]) throws(ArchiveError.Reason) {
    guard name.count <= limits.nameLength else {
      throw .tooLarge(what: "the length of a name", limit: limits.nameLength)
    }
  }
}

func paddingLength(after size: UInt64) -> UInt64 {
  let block = UInt64(HeaderBlock.length)
  return (block - size % block) % block
}

extension Optional {
  /// As `??`, which loses the type of what its right side throws.
  func or(
    _ other: @autoclosure () throws(ArchiveError.Reason) -> Wrapped
  ) throws(ArchiveError.Reason) -> Wrapped {
    guard let self else { return try other() }
    return self
  }
}
