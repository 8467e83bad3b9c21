extension ArchiveReader {
  /// Starts an entry, at once or after the map of a sparse file was read.
  mutating func begin(
    _ newEntry: Entry,
    sparse: PaxSparse?,
  ) throws(ArchiveError.Reason) -> Event? {
    guard newEntry.size <= UInt64(Int64.max) else { throw .badNumber(field: "size") }
    entry = newEntry
    dataLeft = newEntry.size
    padding = paddingLength(after: newEntry.size)
    guard newEntry.kind == .regular else { return deliver([]) }
    if let sparse { return try begin(sparse) }
    guard block.type == UInt8(ascii: "S") else {
      return deliver(dataLeft == 0 ? [] : [SparsePiece(offset: 0, length: dataLeft)])
    }
    try setSparseSize(block.sparseRealSize())
    pieces = try block.sparsePieces()
    guard block.sparseMapContinues else { return try deliverSparse(pieces) }
    state = .sparseContinuation
    return nil
  }

  private mutating func begin(_ sparse: PaxSparse) throws(ArchiveError.Reason) -> Event? {
    switch sparse {
    case .mapInHeader(let realSize, let pieces):
      try setSparseSize(realSize)
      return try deliverSparse(pieces)
    case .mapInData(let realSize):
      try setSparseSize(realSize)
      mapReader = SparseMapReader(limit: limits.sparsePieceCount)
      state = .sparseMap
      return nil
    }
  }

  mutating func readSparseContinuation() throws(ArchiveError.Reason) -> Event? {
    pieces += try block.continuationPieces()
    guard pieces.count <= limits.sparsePieceCount else {
      throw .tooLarge(what: "the number of sparse pieces", limit: limits.sparsePieceCount)
    }
    return block.continuationContinues ? nil : try deliverSparse(pieces)
  }

  mutating func readSparseMap(
    from chunk: Span<UInt8>,
    at position: inout Int,
  ) throws(ArchiveError.Reason) -> Event? {
    while position < chunk.count {
      guard dataLeft > 0 else { throw .badSparseMap("longer than the entry") }
      try mapReader.read(chunk[position])
      position += 1
      dataLeft -= 1
      if let pieces = mapReader.pieces { return try deliverSparse(pieces) }
    }
    return nil
  }

  private mutating func setSparseSize(_ size: UInt64) throws(ArchiveError.Reason) {
    guard size <= UInt64(Int64.max) else { throw .badNumber(field: "sparse size") }
    entry?.size = size
    entry?.isSparse = true
  }

  private mutating func deliverSparse(
    _ pieces: [SparsePiece]
  ) throws(ArchiveError.Reason) -> Event? {
    let realSize = entry?.size ?? 0
    return deliver(try validated(pieces, realSize: realSize, dataSize: dataLeft))
  }

  private mutating func deliver(_ newPieces: [SparsePiece]) -> Event? {
    pieces = newPieces
    pieceIndex = 0
    pieceDone = 0
    passFinishedPieces()
    state = .data
    return entry.map { .entry($0) }
  }

  /// The next stretch of data, or the end of the entry.
  mutating func takeData(from chunk: Span<UInt8>, at position: inout Int) -> Event {
    guard pieceIndex < pieces.count else {
      entry = nil
      state = .skip(padding)
      return .endOfEntry
    }
    let piece = pieces[pieceIndex]
    let count = Int(min(piece.length - pieceDone, UInt64(chunk.count - position)))
    let event = Event.data(
      position..<(position + count),
      offset: piece.offset + pieceDone,
    )
    position += count
    pieceDone += UInt64(count)
    passFinishedPieces()
    return event
  }

  private mutating func passFinishedPieces() {
    while pieceIndex < pieces.count, pieces[pieceIndex].length == pieceDone {
      pieceIndex += 1
      pieceDone = 0
    }
  }
}
