/// A request as it goes out; the session adds nothing of its own but the user agent.
package struct HTTPRequest: Sendable {
  package enum Method: String, Sendable {
    case get = "GET"
    case head = "HEAD"
    case put = "PUT"
    case post = "POST"
    case patch = "PATCH"
    case delete = "DELETE"
  }

  /// What is sent along.
  package enum Body: Sendable {
    case none
    case bytes([UInt8])
    /// A part of an open file, which stays open until the request has ended.
    case file(descriptor: Int32, offset: Int64, length: Int64)
  }

  package let method: Method
  package let address: WebAddress
  package var headers: [(name: String, value: String)] = []
  package var body = Body.none
  /// The longest body of an answer that is kept in memory.
  package var limit = 4 << 20
  package var reach = NetworkReach.anywhere
  /// How long the server may think before it answers; nil for the session's own patience.
  package var patience: Int?

  package init(_ method: Method, _ address: WebAddress) {
    self.method = method
    self.address = address
  }
}

/// The head of an answer, and its body where no receiver took that.
package struct HTTPResponse: Sendable {
  package internal(set) var status = 0
  package internal(set) var headers = HTTPHeaders()
  package internal(set) var body: [UInt8] = []
  /// The kind of network that the server is in; nil behind a proxy.
  package internal(set) var network: NetworkKind?

  package var isSuccess: Bool { (200..<300).contains(status) }
}

/// The fields of a head; their names are compared without regard to case.
package struct HTTPHeaders: Sendable {
  private var fields: [(name: String, value: String)] = []

  package init() {}

  package mutating func add(_ name: String, _ value: String) {
    fields.append((name.lowercased(), value))
  }

  /// The value of the first field of a name.
  package subscript(name: String) -> String? {
    let name = name.lowercased()
    return fields.first { $0.name == name }?.value
  }

  /// The values of all fields of a name.
  package func all(_ name: String) -> [String] {
    let name = name.lowercased()
    return fields.filter { $0.name == name }.map(\.value)
  }
}

/// Takes a successful answer's body piece by piece.
package protocol BodyReceiver: AnyObject {
  /// Takes the next piece; before the first the head is complete.
  ///
  /// - Returns: false to end the transfer, which then fails as `refused`.
  func receive(_ bytes: Span<UInt8>, of response: HTTPResponse) -> Bool
}

extension [UInt8] {
  /// Appends a copy of borrowed bytes.
  package mutating func append(copying bytes: Span<UInt8>) {
    unsafe bytes.withUnsafeBytes { unsafe append(contentsOf: $0) }
  }
}
