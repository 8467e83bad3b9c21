/// Reads a tar stream from chunks of any size, and does no input or output of its own.
///
/// The caller asks for events until there is none left in the chunk, then brings the next chunk, and
/// at the end of the input calls `finish`. Data is never copied: an event points into the chunk.
///
/// Understands V7, ustar, star, GNU (long names, sparse files, binary numbers) and PAX (local and
/// global headers, attributes, sparse formats 0.0, 0.1, 1.0).
package struct ArchiveReader {
  package enum Event: Equatable {
    case entry(Entry)
    /// Data of the last entry: a range of the chunk and where in the file it belongs.
    case data(Range<Int>, offset: UInt64)
    case endOfEntry
  }

  enum State {
    case header
    case extensionBody(Extension, left: UInt64)
    case sparseContinuation
    case sparseMap
    case data
    case skip(UInt64)
    case ended
  }

  enum Extension {
    case paxLocal
    case paxGlobal
    case longName
    case longLink
    case ignored
  }

  let limits: ArchiveLimits
  var state = State.header
  var block = HeaderBlock()
  var blockFilled = 0
  /// All bytes of earlier chunks and of this one up to the position.
  var consumed: UInt64 = 0
  var headerOffset: UInt64 = 0
  var entryCount = 0
  var sawZeroBlock = false

  /// What came in extended headers and waits for its entry.
  var global = ExtendedHeader()
  var globalLength: UInt64 = 0
  var local: ExtendedHeader?
  var longName: [UInt8]?
  var longLink: [UInt8]?
  var body: [UInt8] = []

  /// The entry that is being read.
  var entry: Entry?
  var path: [UInt8] = []
  var pieces: [SparsePiece] = []
  var pieceIndex = 0
  var pieceDone: UInt64 = 0
  var dataLeft: UInt64 = 0
  var padding: UInt64 = 0
  var mapReader = SparseMapReader(limit: 0)

  package init(limits: ArchiveLimits) {
    self.limits = limits
  }

  /// Whether the end of the archive was seen; what follows it is ignored.
  package var hasEnded: Bool {
    if case .ended = state { true } else { false }
  }

  /// Reads on in a chunk.
  ///
  /// - Parameters:
  ///   - chunk: the next bytes of the archive; the same ones until nil is returned.
  ///   - position: how much of the chunk is used up; 0 for a new chunk.
  /// - Returns: nil when the chunk is used up.
  /// - Throws: when the archive breaks a rule of its format or exceeds a limit.
  package mutating func next(
    in chunk: Span<UInt8>,
    at position: inout Int,
  ) throws(ArchiveError) -> Event? {
    do throws(ArchiveError.Reason) {
      while position < chunk.count || hasPendingEvent {
        let before = position
        let event = try step(in: chunk, at: &position)
        consumed += UInt64(position - before)
        if let event { return event }
      }
      return nil
    } catch {
      throw ArchiveError(reason: error, path: path, offset: headerOffset)
    }
  }

  /// - Throws: when the input may not end here.
  package func finish() throws(ArchiveError) {
    let reason: ArchiveError.Reason
    switch state {
    case .ended:
      return
    case .header where blockFilled == 0, .skip:
      // A missing end block or padding loses nothing.
      guard local != nil || longName != nil || longLink != nil else { return }
      reason = .extendedHeaderWithoutEntry
    case .header, .extensionBody, .sparseContinuation, .sparseMap, .data:
      reason = .truncated
    }
    throw ArchiveError(reason: reason, path: path, offset: headerOffset)
  }

  /// The end of an entry needs no further byte.
  private var hasPendingEvent: Bool {
    if case .data = state { pieceIndex == pieces.count } else { false }
  }

  private mutating func step(
    in chunk: Span<UInt8>,
    at position: inout Int,
  ) throws(ArchiveError.Reason) -> Event? {
    switch state {
    case .header:
      guard fillBlock(from: chunk, at: &position) else { return nil }
      return try readHeader()
    case .extensionBody(let kind, let left):
      try readBody(of: kind, left: left, from: chunk, at: &position)
    case .sparseContinuation:
      guard fillBlock(from: chunk, at: &position) else { return nil }
      return try readSparseContinuation()
    case .sparseMap:
      return try readSparseMap(from: chunk, at: &position)
    case .data:
      return takeData(from: chunk, at: &position)
    case .skip(let left):
      skip(left, in: chunk, at: &position)
    case .ended:
      position = chunk.count
    }
    return nil
  }

  private mutating func fillBlock(from chunk: Span<UInt8>, at position: inout Int) -> Bool {
    if blockFilled == 0, case .header = state { headerOffset = consumed }
    let count = min(HeaderBlock.length - blockFilled, chunk.count - position)
    for index in 0..<count {
      block.bytes[blockFilled + index] = chunk[position + index]
    }
    position += count
    blockFilled += count
    guard blockFilled == HeaderBlock.length else { return false }
    blockFilled = 0
    return true
  }

  private mutating func skip(_ left: UInt64, in chunk: Span<UInt8>, at position: inout Int) {
    let count = min(left, UInt64(chunk.count - position))
    position += Int(count)
    state = left == count ? .header : .skip(left - count)
  }
}
