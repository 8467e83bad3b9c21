internal import CCurl
import Glibc

/// One request under way: what libcurl's callbacks read and write.
final class Transfer {
  let request: HTTPRequest
  let receiver: (any BodyReceiver)?
  let isProxied: Bool
  var response = HTTPResponse()
  /// Why the transfer was ended by us.
  var problem: HTTPError?
  private var headBytes = 0
  private var sent: Int64 = 0
  /// The body of an error is for a message: what is too long of it is left.
  private(set) var isCutShort = false
  let whenBytesMove: (@Sendable (Int64) -> Void)?

  /// All fields of a head; what curl reads of them is bounded by line only.
  private static let headLimit = 256 << 10
  private static let errorBodyLimit = 16 << 10

  init(
    _ request: HTTPRequest,
    receiver: (any BodyReceiver)?,
    isProxied: Bool,
    whenBytesMove: (@Sendable (Int64) -> Void)?,
  ) {
    self.request = request
    self.receiver = receiver
    self.isProxied = isProxied
    self.whenBytesMove = whenBytesMove
  }

  /// - Returns: whether to go on.
  func receiveHeader(_ line: [UInt8]) -> Bool {
    headBytes += line.count
    guard headBytes <= Transfer.headLimit else {
      problem = .tooLong(request.address, limit: Transfer.headLimit)
      return false
    }
    let text = String(decoding: line, as: UTF8.self)
    if text.hasPrefix("HTTP/") {
      // A new head: of an interim answer or a proxy, the last one counts.
      let parts = text.split(whereSeparator: { $0 == " " || $0.isNewline })
      response.status = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
      response.headers = HTTPHeaders()
    } else if let colon = text.firstIndex(of: ":") {
      let value = text[text.index(after: colon)...]
      response.headers.add(
        String(text[..<colon]),
        String(value.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed()),
      )
    }
    return true
  }

  /// - Returns: whether to go on.
  func receiveBody(_ bytes: Span<UInt8>) -> Bool {
    if let receiver, response.isSuccess {
      guard receiver.receive(bytes, of: response) else {
        problem = .refused
        return false
      }
      return true
    }
    let limit = response.isSuccess ? request.limit : Transfer.errorBodyLimit
    guard response.body.count + bytes.count <= limit else {
      if response.isSuccess {
        problem = .tooLong(request.address, limit: limit)
      } else {
        isCutShort = true
      }
      return false
    }
    response.body.append(copying: bytes)
    return true
  }

  /// How many bytes the request's body has.
  var bodyLength: Int64 {
    switch request.body {
    case .none: 0
    case .bytes(let bytes): Int64(bytes.count)
    case .file(_, _, let length): length
    }
  }

  /// - Returns: how many bytes were put into the buffer; negative when they could not be read.
  @safe
  func send(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let count = Int(min(Int64(buffer.count), bodyLength - sent))
    guard count > 0 else { return 0 }
    var length = count
    switch request.body {
    case .none: return 0
    case .bytes(let bytes):
      unsafe bytes[Int(sent)..<Int(sent) + count].withUnsafeBytes { source in
        unsafe buffer.copyMemory(from: source)
      }
    case .file(let descriptor, let offset, _):
      length = unsafe pread(descriptor, buffer.baseAddress, count, Int(offset + sent))
      // A file that is shorter than it was said to be must not end as a short body.
      guard length > 0 else { return -1 }
    }
    sent += Int64(length)
    whenBytesMove?(Int64(length))
    return length
  }

  /// Goes back to send again, as libcurl does when a kept connection turns out to be closed.
  func rewind(to offset: Int64) {
    whenBytesMove?(offset - sent)
    sent = offset
  }

  /// - Returns: whether a socket may be opened.
  func allowsConnection(to kind: NetworkKind) -> Bool {
    // Behind a proxy the socket's other end is the proxy, which the user chose.
    guard !isProxied, !request.reach.allows(kind) else { return true }
    problem = .inward(request.address, network: kind.rawValue)
    return false
  }
}
