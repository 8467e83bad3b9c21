import HTTP
import ImageSpec

/// One attempt at the rest of a blob: a window of ranges, of which the first goes straight to the
/// sink and the others wait in memory until it is their turn.
///
/// So the sink sees the bytes in their order, can hash them as they come, and what it holds is at any
/// time the blob's beginning. The window bounds the memory: a range that waits is at most
/// `pieceSize` long.
struct RangedDownload {
  private let descriptor: Descriptor
  private let sink: any BlobSink
  private let client: RegistryClient
  private let connections: @Sendable () -> Int
  /// Where the blob is had from, if not from the registry.
  private let link: WebAddress?
  private var window: [(ticket: HTTPSession.Ticket, piece: Piece)] = []
  private var nextStart: Int64 = 0

  private static let pieceSize: Int64 = 2 << 20
  /// Below this a second connection costs more than it brings.
  private static let smallest: Int64 = 16 << 20

  init(
    _ descriptor: Descriptor,
    _ sink: any BlobSink,
    _ client: RegistryClient,
    _ connections: @escaping @Sendable () -> Int,
    link: WebAddress?,
  ) {
    self.link = link
    self.descriptor = descriptor
    self.sink = sink
    self.client = client
    self.connections = connections
  }

  /// Runs until the sink has everything.
  mutating func run() throws(RegistryError) {
    defer { for (ticket, _) in window { client.session.cancel(ticket) } }
    let address =
      if let link { link } else { try client.repositoryAddress("blobs/\(descriptor.digest)") }
    // The first piece finds the way: authorization, redirects, and whether ranges are known.
    let start = sink.position
    let left = descriptor.size - start
    let isSplit = left >= RangedDownload.smallest && connections() > 1
    let piece = newPiece(start, isSplit ? RangedDownload.pieceSize : left)
    piece.lead()
    var request = HTTPRequest(.get, address)
    if let range = range(of: piece) { request.headers = [range] }
    if link != nil { request.reach = client.reach(toLink: address) }
    let answer: RegistryClient.Answer
    do throws(RegistryError) {
      answer = try client.send(request, link == nil ? .pull : .anonymous, receiver: piece)
    } catch {
      try checkPiece(piece)
      throw error
    }
    try check(answer.response, piece)
    nextStart = sink.position
    while sink.position < descriptor.size {
      try fill(answer.request)
      try settle(try asked { () throws(HTTPError) in try client.session.next() })
    }
  }

  private func newPiece(_ start: Int64, _ length: Int64) -> Piece {
    Piece(start..<(start + length), of: descriptor.size, sink)
  }

  private func range(of piece: Piece) -> (name: String, value: String)? {
    guard piece.range != 0..<descriptor.size else { return nil }
    return ("Range", "bytes=\(piece.range.lowerBound)-\(piece.range.upperBound - 1)")
  }

  /// Starts as many ranges as there is room for.
  private mutating func fill(_ found: HTTPRequest) throws(RegistryError) {
    while nextStart < descriptor.size, window.count < max(1, connections()) {
      let length = min(RangedDownload.pieceSize, descriptor.size - nextStart)
      let piece = newPiece(nextStart, length)
      if window.isEmpty { piece.lead() }
      var request = found
      request.headers.removeAll { $0.name == "Range" }
      if let range = range(of: piece) { request.headers.append(range) }
      let sent = request
      let session = client.session
      let ticket = try asked { () throws(HTTPError) in try session.start(sent, receiver: piece) }
      window.append((ticket, piece))
      nextStart += length
    }
  }

  /// Notes that a range has ended; when it was the first, the next one goes to the sink.
  private mutating func settle(
    _ ended: (HTTPSession.Ticket, Result<HTTPResponse, HTTPError>)
  ) throws(RegistryError) {
    guard let index = window.firstIndex(where: { $0.ticket == ended.0 }) else { return }
    let piece = window[index].piece
    do throws(RegistryError) {
      try check(try asked { () throws(HTTPError) in try ended.1.get() }, piece)
    } catch {
      try checkPiece(piece)
      throw error
    }
    piece.hasEnded = true
    while let first = window.first, first.piece.hasEnded {
      window.removeFirst()
      guard let next = window.first else { break }
      next.piece.lead()
      try checkPiece(next.piece)
    }
  }

  /// What went wrong with a piece, or with its answer.
  private func check(_ response: HTTPResponse, _ piece: Piece) throws(RegistryError) {
    try checkPiece(piece)
    guard response.isSuccess else { throw client.failure(response, subject) }
    guard piece.isComplete else {
      throw .wrongSize(descriptor.digest, expected: descriptor.size, found: piece.seenEnd)
    }
  }

  private func checkPiece(_ piece: Piece) throws(RegistryError) {
    switch piece.problem {
    case nil: return
    case .tooLong:
      throw .wrongSize(descriptor.digest, expected: descriptor.size, found: piece.seenEnd)
    case .otherRange(let text): throw .protocolBroken(subject: subject, problem: text)
    case .sink: throw .http(.refused)
    }
  }

  private var subject: String { "\(client.place.name): blob \(descriptor.digest.short)" }
}

/// One range of a blob on its way.
private final class Piece: BodyReceiver {
  enum Problem {
    case tooLong
    case otherRange(String)
    case sink
  }

  let range: Range<Int64>
  var hasEnded = false
  private(set) var problem: Problem?
  private let size: Int64
  private let sink: any BlobSink
  private var received: Int64 = 0
  private var waiting: [UInt8] = []
  private var isLeading = false
  private var hasBegun = false
  /// Bytes at the start of an answer that are there already.
  private var toSkip: Int64 = 0
  /// Where the answer ends: later than the range where the server knows no ranges.
  private var end: Int64

  init(_ range: Range<Int64>, of size: Int64, _ sink: any BlobSink) {
    self.range = range
    self.size = size
    self.sink = sink
    end = range.upperBound
  }

  var isComplete: Bool { range.lowerBound + received == end }
  var seenEnd: Int64 { range.lowerBound + received }

  /// From now on everything goes to the sink.
  func lead() {
    isLeading = true
    let bytes = waiting
    waiting = []
    if !bytes.isEmpty, !sink.append(bytes.span) { problem = .sink }
  }

  func receive(_ bytes: Span<UInt8>, of response: HTTPResponse) -> Bool {
    if !hasBegun {
      hasBegun = true
      guard begin(response) else { return false }
    }
    var first = 0
    if toSkip > 0 {
      first = Int(min(toSkip, Int64(bytes.count)))
      toSkip -= Int64(first)
    }
    guard first < bytes.count else { return true }
    let rest = bytes.extracting(first..<bytes.count)
    received += Int64(rest.count)
    guard range.lowerBound + received <= end else {
      problem = .tooLong
      return false
    }
    guard isLeading else {
      // At once as large as it gets: growing by and by would take twice the memory.
      if waiting.isEmpty { waiting.reserveCapacity(range.count) }
      waiting.append(copying: rest)
      return true
    }
    guard sink.append(rest) else {
      problem = .sink
      return false
    }
    return true
  }

  /// Whether the answer is the range that was asked for, or can be made so.
  private func begin(_ response: HTTPResponse) -> Bool {
    if response.status == 206 {
      let wanted = "bytes \(range.lowerBound)-\(range.upperBound - 1)/"
      let found = response.headers["Content-Range"] ?? ""
      guard found == "\(wanted)\(size)" || found == "\(wanted)*" else {
        problem = .otherRange("another range came than was asked for: \"\(found.prefix(80))\"")
        return false
      }
      return true
    }
    // The server knows no ranges and sends everything: only who leads can use that.
    guard isLeading else {
      problem = .otherRange("ranges are not served any more")
      return false
    }
    toSkip = range.lowerBound
    end = size
    return true
  }
}
