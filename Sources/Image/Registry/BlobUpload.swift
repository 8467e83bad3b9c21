import HTTP
package import ImageSpec

/// What became of a blob that a registry was to have.
package enum UploadOutcome: Equatable, Sendable {
  /// The registry took it from another of its repositories.
  case mounted
  case sent
}

/// Where the address of an upload is kept that may be continued by a later run.
package protocol UploadRecord: AnyObject {
  /// The address that an earlier run has left.
  var location: String? { get }
  /// Keeps an address in place of the one before; nil when there is nothing to continue any more.
  func keep(_ location: String?)
}

/// A whole blob that is to be sent.
package struct UploadSource: Sendable {
  private enum Content {
    case file(Int32)
    case bytes([UInt8])
  }

  private let content: Content
  /// Told of bytes as they go out; less than zero when some go out again.
  package let sent: @Sendable (Int64) -> Void

  /// - Parameters:
  ///   - file: open for reading until the upload has ended.
  ///   - sent: told of bytes as they go out.
  package init(file: Int32, sent: @escaping @Sendable (Int64) -> Void) {
    content = .file(file)
    self.sent = sent
  }

  package init(_ bytes: [UInt8]) {
    content = .bytes(bytes)
    sent = { _ in }
  }

  fileprivate func body(_ offset: Int64, _ length: Int64) -> HTTPRequest.Body {
    switch content {
    case _ where length == 0: .none
    case .file(let file): .file(descriptor: file, offset: offset, length: length)
    case .bytes(let bytes): .bytes(Array(bytes[Int(offset)..<Int(offset + length)]))
    }
  }
}

extension RegistryClient {
  /// Whether the repository has a blob. Spec: distribution-spec, "Pulling blobs"
  package func hasBlob(_ descriptor: Descriptor) throws(RegistryError) -> Bool {
    let address = try repositoryAddress("blobs/\(descriptor.digest)")
    // With the scope of the push that follows a single token does.
    let response = try sendUntilAnswered(HTTPRequest(.head, address), .push(mountingFrom: []))
    guard response.status != 404 else { return false }
    guard response.isSuccess else {
      throw failure(response, "\(place.name): blob \(descriptor.digest.short)")
    }
    return true
  }

  /// Has the registry take a blob from another of its repositories.
  ///
  /// - Returns: whether it did.
  package func mountBlob(
    _ descriptor: Descriptor,
    from other: String,
  ) throws(RegistryError) -> Bool {
    var upload = BlobUpload(descriptor, self)
    return try upload.mount(from: other)
  }

  /// Sends a blob, in one piece or, where it is large, in chunks that can be resumed.
  ///
  /// - Parameters:
  ///   - descriptor: the blob.
  ///   - source: the blob's file.
  ///   - other: a repository of the same registry that may have it: then nothing is sent.
  ///   - record: for going on where an earlier run was stopped; nil for none.
  /// - Returns: what it took.
  /// - Throws: when the registry refuses it, or stays broken.
  package func uploadBlob(
    _ descriptor: Descriptor,
    from source: UploadSource,
    mountingFrom other: String?,
    record: (any UploadRecord)?,
  ) throws(RegistryError) -> UploadOutcome {
    var upload = BlobUpload(descriptor, self)
    upload.record = record
    return try upload.send(source, mountingFrom: other)
  }
}

/// One blob on its way to a registry. Spec: distribution-spec, "Pushing blobs"
struct BlobUpload {
  private let descriptor: Descriptor
  private let client: RegistryClient
  /// Where the registry wants the next piece; nil when there is no session.
  private var location: WebAddress?
  private var offset: Int64 = 0
  private var chunkSize = BlobUpload.usualChunk
  private var backoff = Backoff()
  fileprivate(set) var record: (any UploadRecord)?

  /// What is lost at most when a connection breaks, or we are killed, and the registry keeps no part
  /// of a request.
  private static let usualChunk: Int64 = 16 << 20
  private static let largestChunk: Int64 = 1 << 30
  private static let restarts = 3

  init(_ descriptor: Descriptor, _ client: RegistryClient) {
    self.descriptor = descriptor
    self.client = client
  }

  private var subject: String { "\(client.place.name): blob \(descriptor.digest.short)" }

  /// Opens a session.
  ///
  /// - Returns: whether none is needed, as the registry took the blob from the other repository.
  private mutating func begin(mountingFrom repository: String?) throws(RegistryError) -> Bool {
    var address = try client.repositoryAddress("blobs/uploads/")
    var scope = RegistryClient.Scope.push(mountingFrom: [])
    if let repository {
      let plain = address
      address = try asked { () throws(HTTPError) in
        try plain.appendingQuery("mount", descriptor.digest.description)
          .appendingQuery("from", repository)
      }
      scope = .push(mountingFrom: [repository])
    }
    let response = try client.sendUntilAnswered(HTTPRequest(.post, address), scope)
    if response.status == 201 { return true }
    guard response.status == 202 else { throw client.failure(response, subject) }
    offset = 0
    if let least = response.headers["OCI-Chunk-Min-Length"].flatMap({ Int64($0) }) {
      chunkSize = min(max(chunkSize, least), BlobUpload.largestChunk)
    }
    try note(response, after: address)
    return false
  }

  /// Keeps the address that the next request goes to.
  private mutating func note(
    _ response: HTTPResponse,
    after address: WebAddress,
  ) throws(RegistryError) {
    guard let text = response.headers["Location"] else {
      throw .protocolBroken(subject: subject, problem: "an upload has no Location")
    }
    let next = try asked { () throws(HTTPError) in try address.resolving(text) }
    guard next.isSecure || !address.isSecure else {
      throw .protocolBroken(subject: subject, problem: "refused: an upload from https to http")
    }
    location = next
    record?.keep(next.description)
  }

  /// - Throws: when the blob can't be sent; temporary failures have been waited for.
  mutating func send(
    _ source: UploadSource,
    mountingFrom other: String?,
  ) throws(RegistryError) -> UploadOutcome {
    if let other, try mount(from: other) { return .mounted }
    try resume(source)
    var restarts = 0
    while true {
      do throws(RegistryError) {
        if location == nil, try begin(mountingFrom: nil) { return .mounted }
        while descriptor.size - offset > chunkSize { try sendChunk(source) }
        try finish(source)
        record?.keep(nil)
        return .sent
      } catch {
        guard error.isTemporary || isLostSession(error), restarts < BlobUpload.restarts * 4,
          try backoff.pause(retryAfter: error.retryAfter)
        else { throw error }
        restarts += 1
        let before = offset
        try recover()
        source.sent(min(0, offset - before))
      }
    }
  }

  /// Finds what an earlier run has begun, if the registry still knows of it.
  private mutating func resume(_ source: UploadSource) throws(RegistryError) {
    guard location == nil, let text = record?.location else { return }
    do throws(HTTPError) {
      location = try WebAddress(parsing: text)
    } catch {
      // No address: whoever wrote that, it is of no use.
      return
    }
    guard location?.isSecure == true || !client.contact.base.isSecure else {
      location = nil
      return
    }
    do throws(RegistryError) {
      try recover()
    } catch .interrupted(let error) {
      throw .interrupted(error)
    } catch {
      // Whatever is wrong with it, a new session can be begun.
      location = nil
      offset = 0
    }
    source.sent(offset)
  }

  /// - Returns: whether the registry has it now; otherwise there may be a session to go on with.
  mutating func mount(from other: String) throws(RegistryError) -> Bool {
    do throws(RegistryError) {
      return try begin(mountingFrom: other)
    } catch .unauthorized {
      // We may push here but not pull there: then it is sent.
      return false
    }
  }

  private func isLostSession(_ error: RegistryError) -> Bool {
    switch error {
    case .notFound: true
    case .status(_, let code, _, _): code == 416
    case .http, .unauthorized, .protocolBroken, .wrongDigest, .wrongSize, .configuration, .file,
      .credentials, .blocked, .allFailed, .interrupted:
      false
    }
  }

  private mutating func sendChunk(_ source: UploadSource) throws(RegistryError) {
    guard let address = location else { return }
    let end = offset + chunkSize
    var request = HTTPRequest(.patch, address)
    request.headers = [
      ("Content-Type", "application/octet-stream"), ("Content-Range", "\(offset)-\(end - 1)"),
    ]
    request.body = source.body(offset, chunkSize)
    let response = try exchange(request, source)
    guard response.status == 202 else { throw client.failure(response, subject) }
    try note(response, after: address)
    offset = end
    backoff.reset()
  }

  /// The last piece, or the only one, with the digest that the registry verifies.
  private mutating func finish(_ source: UploadSource) throws(RegistryError) {
    guard let address = location else { return }
    let last = try asked { () throws(HTTPError) in
      try address.appendingQuery("digest", descriptor.digest.description)
    }
    var request = HTTPRequest(.put, last)
    request.headers = [("Content-Type", "application/octet-stream")]
    let length = descriptor.size - offset
    if offset > 0, length > 0 {
      request.headers.append(("Content-Range", "\(offset)-\(descriptor.size - 1)"))
    }
    request.body = source.body(offset, length)
    // The registry may hash or copy all of it before it answers.
    request.patience = 300
    let response = try exchange(request, source)
    guard response.status == 201 || response.status == 204 else {
      throw client.failure(response, subject)
    }
  }

  private func exchange(
    _ request: HTTPRequest,
    _ source: UploadSource,
  ) throws(RegistryError) -> HTTPResponse {
    var request = request
    request.reach = client.reach(to: request.address)
    return try client.send(request, .push(mountingFrom: []), sending: source.sent).response
  }

  /// Asks how far the registry has got; starts over where it doesn't know any more.
  private mutating func recover() throws(RegistryError) {
    guard let address = location else { return }
    location = nil
    var request = HTTPRequest(.get, address)
    request.reach = client.reach(to: address)
    let response: HTTPResponse
    do throws(RegistryError) {
      response = try client.send(request, .push(mountingFrom: [])).response
    } catch  where error.isTemporary {
      offset = 0
      return
    }
    guard response.status == 204, response.headers["Location"] != nil,
      let range = response.headers["Range"]?.split(separator: "-").last.flatMap({ Int64($0) }),
      range < descriptor.size
    else {
      offset = 0
      return
    }
    // An empty upload says "0-0".
    offset = range == 0 ? 0 : range + 1
    try note(response, after: address)
  }
}
