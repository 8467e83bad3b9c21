import HTTP
package import ImageSpec

/// Takes a blob's bytes in their order.
package protocol BlobSink: AnyObject {
  /// How many bytes it holds already.
  var position: Int64 { get }
  /// Takes the next bytes.
  ///
  /// - Returns: false to end the download; the sink knows why.
  func append(_ bytes: Span<UInt8>) -> Bool
}

extension RegistryClient {
  /// Downloads what a sink lacks of a blob.
  ///
  /// Large blobs come in several ranges at once. What breaks off is continued where it stopped, and
  /// what arrives makes the count of attempts begin anew.
  /// - Parameters:
  ///   - descriptor: its digest names it, its size bounds it.
  ///   - sink: takes the bytes in their order.
  ///   - connections: asked how many ranges may be under way at once.
  /// - Throws: when it can't be had; what has arrived stays in the sink.
  package func downloadBlob(
    _ descriptor: Descriptor,
    into sink: any BlobSink,
    connections: @escaping @Sendable () -> Int,
  ) throws(RegistryError) {
    try download(descriptor, into: sink, link: nil, connections)
  }

  /// Downloads a blob that its owner alone hands out, from one of the addresses in its descriptor.
  ///
  /// These are the image's words: no credentials go there, no certificate of ours is shown, and the
  /// machine's own networks are out of their reach.
  /// Spec: image-spec descriptor.md, `urls`.
  /// - Throws: when none of them has it.
  package func downloadForeignBlob(
    _ descriptor: Descriptor,
    into sink: any BlobSink,
    connections: @escaping @Sendable () -> Int,
  ) throws(RegistryError) {
    let client = try RegistryClient(forLinksFrom: self)
    var problems: [String] = []
    for url in descriptor.urls.prefix(8) {
      do throws(RegistryError) {
        let link = try asked { () throws(HTTPError) in try WebAddress(parsing: url) }
        guard link.isSecure || !contact.base.isSecure else {
          throw .protocolBroken(
            subject: link.authority,
            problem: "refused: a link from https to http",
          )
        }
        return try client.download(descriptor, into: sink, link: link, connections)
      } catch .interrupted(let error) {
        throw .interrupted(error)
      } catch {
        problems.append("\(error)")
      }
    }
    guard !problems.isEmpty else {
      throw .notFound(subject: "an address to have layer \(descriptor.digest) from")
    }
    throw .allFailed(problems)
  }

  private func download(
    _ descriptor: Descriptor,
    into sink: any BlobSink,
    link: WebAddress?,
    _ connections: @escaping @Sendable () -> Int,
  ) throws(RegistryError) {
    var backoff = Backoff()
    while sink.position < descriptor.size {
      let before = sink.position
      do throws(RegistryError) {
        var download = RangedDownload(descriptor, sink, self, connections, link: link)
        try download.run()
      } catch {
        let hasMoved = sink.position - before >= worthwhile
        // A signed address or a token has had its time: a new attempt gets a new one.
        if hasMoved, error.isStaleAuthorization { continue }
        guard error.isTemporary else { throw error }
        if hasMoved { backoff.reset() }
        guard try backoff.pause(retryAfter: error.retryAfter) else { throw error }
      }
    }
  }
}

/// Less than this between two failures is no progress: a server could drip for ever.
private let worthwhile: Int64 = 64 << 10

extension RegistryError {
  /// Whether the same request was answered well a moment ago and is not any more.
  fileprivate var isStaleAuthorization: Bool {
    switch self {
    case .unauthorized: true
    case .status(_, let code, _, _): (300..<400).contains(code)
    case .http, .notFound, .protocolBroken, .wrongDigest, .wrongSize, .configuration, .file,
      .credentials, .blocked, .allFailed, .interrupted:
      false
    }
  }
}
