internal import CCurl
import Glibc

/// How a session connects.
package struct HTTPSettings: Sendable {
  /// Whether certificates are verified.
  package var verifiesCertificates = true
  /// Certificates in PEM that are trusted besides the system's.
  package var extraCertificates: [UInt8] = []
  /// The paths of a client's certificate and key.
  package var clientCertificate: String?
  package var clientKey: String?
  package var connectSeconds = 30
  /// A transfer of less than a kilobyte a second for so long counts as stalled.
  package var stallSeconds = 30
  package var userAgent = "swimg"

  package init() {}
}

/// The requests of one thread, and its open connections.
///
/// Several may be under way at once. Redirects are not followed: whoever asks decides what may be
/// sent where they lead.
/// See: libcurl-multi(3).
@safe
package final class HTTPSession {
  /// Names a request under way.
  package struct Ticket: Hashable, Sendable {
    fileprivate let number: Int
  }

  private let multi: UnsafeMutableRawPointer
  private let settings: HTTPSettings
  private let shouldStop: @Sendable () -> Bool
  private var running: [Ticket: RunningTransfer] = [:]
  private var count = 0

  /// Prepares libcurl; called once, before any other thread exists. See: curl_global_init(3)
  package static func prepare() -> Bool {
    curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
  }

  /// - Parameters:
  ///   - settings: for all connections.
  ///   - shouldStop: asked ten times a second; true ends what is under way.
  /// - Throws: when libcurl cannot be set up.
  package init(
    _ settings: HTTPSettings,
    shouldStop: @escaping @Sendable () -> Bool,
  ) throws(HTTPError) {
    // A connection that the other end has closed is an error to be told, and must not end the program:
    // libcurl leaves that to us where it must not touch signals.
    var pipe = sigset_t()
    unsafe sigemptyset(&pipe)
    unsafe sigaddset(&pipe, SIGPIPE)
    unsafe pthread_sigmask(SIG_BLOCK, &pipe, nil)
    guard let multi = unsafe curl_multi_init() else { throw .library(reason: "out of memory") }
    unsafe self.multi = multi
    self.settings = settings
    self.shouldStop = shouldStop
  }

  deinit {
    for transfer in running.values { unsafe transfer.remove(from: multi) }
    unsafe curl_multi_cleanup(multi)
  }

  /// Begins a request.
  ///
  /// - Parameters:
  ///   - request: what is asked.
  ///   - receiver: takes a successful answer's body; nil to have it kept in memory.
  ///   - sending: told of the bytes of the request's body as they go out.
  /// - Returns: what `next` will name it by.
  /// - Throws: `inward` for an address that may not be reached.
  package func start(
    _ request: HTTPRequest,
    receiver: (any BodyReceiver)? = nil,
    sending: (@Sendable (Int64) -> Void)? = nil,
  ) throws(HTTPError) -> Ticket {
    let transfer = Transfer(
      request,
      receiver: receiver,
      isProxied: isProxied(request.address),
      whenBytesMove: sending,
    )
    if case .linked = request.reach, let kind = literalKind(request.address.host),
      !request.reach.allows(kind)
    {
      throw .inward(request.address, network: kind.rawValue)
    }
    let easy = try EasyHandle(transfer, settings)
    count += 1
    let ticket = Ticket(number: count)
    let started = RunningTransfer(transfer: transfer, easy: easy)
    guard unsafe curl_multi_add_handle(multi, easy.handle) == CURLM_OK else {
      throw .library(reason: "a request could not be added")
    }
    running[ticket] = started
    return ticket
  }

  /// Waits for the next request under way to end.
  ///
  /// - Throws: `stopped`; what else befalls a request is in its own result.
  package func next() throws(HTTPError) -> (Ticket, Result<HTTPResponse, HTTPError>) {
    precondition(!running.isEmpty, "nothing is under way")
    while true {
      if shouldStop() { throw .stopped }
      var active: Int32 = 0
      guard unsafe curl_multi_perform(multi, &active) == CURLM_OK else {
        throw .library(reason: "the transfers cannot go on")
      }
      var code = CURLE_OK
      if let handle = unsafe ccurl_finished(multi, &code) {
        let found = running.first { unsafe $0.value.easy.handle == handle }
        guard let (ticket, transfer) = found else { continue }
        running[ticket] = nil
        let result = transfer.result(code, settings)
        unsafe transfer.remove(from: multi)
        return (ticket, result)
      }
      unsafe curl_multi_poll(multi, nil, 0, 100, nil)
    }
  }

  /// Ends a request under way without waiting for it.
  package func cancel(_ ticket: Ticket) {
    guard let transfer = running.removeValue(forKey: ticket) else { return }
    unsafe transfer.remove(from: multi)
  }

  /// One request from beginning to end, while no other is under way.
  package func perform(
    _ request: HTTPRequest,
    receiver: (any BodyReceiver)? = nil,
    sending: (@Sendable (Int64) -> Void)? = nil,
  ) throws(HTTPError) -> HTTPResponse {
    precondition(running.isEmpty, "another request is under way")
    let ticket = try start(request, receiver: receiver, sending: sending)
    defer { cancel(ticket) }
    return try next().1.get()
  }
}

/// A transfer and libcurl's side of it.
private struct RunningTransfer {
  let transfer: Transfer
  let easy: EasyHandle

  func remove(from multi: UnsafeMutableRawPointer) {
    unsafe curl_multi_remove_handle(multi, easy.handle)
  }

  func result(_ code: CURLcode, _ settings: HTTPSettings) -> Result<HTTPResponse, HTTPError> {
    if let problem = transfer.problem { return .failure(problem) }
    let address = transfer.request.address
    guard code == CURLE_OK || transfer.isCutShort else {
      if code == CURLE_OPERATION_TIMEDOUT, easy.wasConnected {
        let seconds = transfer.request.patience ?? settings.stallSeconds
        return .failure(.stalled(address, seconds: seconds))
      }
      // What the peer says of TLS it would say again: no certificate of ours, a version too old.
      let isTemporary = isTemporary(code) && !easy.message.contains(" alert ")
      return .failure(.connection(address, reason: reason(code), isTemporary: isTemporary))
    }
    var response = transfer.response
    if !transfer.isProxied { response.network = easy.peer.flatMap(literalKind) }
    return .success(response)
  }

  private func reason(_ code: CURLcode) -> String {
    let text =
      easy.message.isEmpty ? unsafe String(cString: curl_easy_strerror(code)) : easy.message
    let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
    // Our messages begin in lower case; a word in capitals stays one.
    guard line.dropFirst().first?.isLowercase == true else { return line }
    return line.prefix(1).lowercased() + line.dropFirst()
  }
}

/// Failures of the network, and not of what we or the server want.
private func isTemporary(_ code: CURLcode) -> Bool {
  [
    CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY,
    CURLE_PARTIAL_FILE, CURLE_OPERATION_TIMEDOUT, CURLE_GOT_NOTHING, CURLE_SEND_ERROR,
    CURLE_RECV_ERROR, CURLE_HTTP2, CURLE_HTTP2_STREAM, CURLE_SSL_CONNECT_ERROR,
    CURLE_WEIRD_SERVER_REPLY,
  ].contains(code)
}

/// The network of an address in numbers; nil for a name. See: inet_pton(3)
func literalKind(_ host: String) -> NetworkKind? {
  addressBytes(host).map { NetworkKind(address: $0) }
}

/// The four or sixteen bytes of an address in numbers; nil for a name. See: inet_pton(3)
func addressBytes(_ host: String) -> [UInt8]? {
  var bytes = [UInt8](repeating: 0, count: 16)
  if unsafe inet_pton(AF_INET, host, &bytes) == 1 { return Array(bytes[..<4]) }
  let bare = host.split(separator: "%").first.map(String.init) ?? host
  return unsafe inet_pton(AF_INET6, bare, &bytes) == 1 ? bytes : nil
}
