/// What keeps a request from being answered.
package enum HTTPError: Error, Equatable, Sendable {
  /// A text is no address that is fetched from.
  case address(String, problem: String)
  /// The connection failed or broke; libcurl says why.
  case connection(WebAddress, reason: String, isTemporary: Bool)
  /// Too few bytes moved for too long.
  case stalled(WebAddress, seconds: Int)
  /// The body is longer than its reader allows.
  case tooLong(WebAddress, limit: Int)
  /// The address leads into a network that the sender of the link has no business with.
  case inward(WebAddress, network: String)
  /// The receiver of the body refused it, and knows why.
  case refused
  /// The caller's wish.
  case stopped
  /// libcurl itself could not be set up.
  case library(reason: String)

  /// Whether a later attempt may well succeed.
  package var isTemporary: Bool {
    switch self {
    case .connection(_, _, let isTemporary): isTemporary
    case .stalled: true
    case .address, .tooLong, .inward, .refused, .stopped, .library: false
    }
  }
}

extension HTTPError: CustomStringConvertible {
  /// One line: the host, then the cause.
  package var description: String {
    switch self {
    case .address(let text, let problem): "address \"\(text.prefix(200))\": \(problem)"
    case .connection(let address, let reason, _): "\(address.authority): \(reason)"
    case .stalled(let address, let seconds):
      "\(address.authority): stalled: next to nothing came for \(seconds) seconds"
    case .tooLong(let address, let limit):
      "\(address.authority): the answer is longer than the allowed \(limit) bytes"
    case .inward(let address, let network):
      "\(address.authority): refused: a link that leads into \(network)"
    case .refused: "the answer was refused"
    case .stopped: "stopped"
    case .library(let reason): "libcurl: \(reason)"
    }
  }
}
