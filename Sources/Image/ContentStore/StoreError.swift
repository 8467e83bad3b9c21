package import HostProcess
package import ImageSpec
package import RootedFiles

/// What can be wrong with a store, or with what is asked of it.
package enum StoreError: Error {
  /// A file operation in the store failed.
  case file(FileError)
  /// The directory holds something else than an image layout.
  case notAStore(path: String)
  case noStore(path: String)
  /// A document of the layout or of an image breaks a rule; the subject names it.
  case document(subject: String, DocumentError)
  case missing(Digest)
  case wrongSize(Digest, expected: Int64, found: Int64)
  case wrongDigest(expected: Digest, found: Digest)
  case wrongContent(Digest)
  case unknownAlgorithm(Digest)
  case tooLarge(Digest, size: Int64, limit: Int)
  /// A document says that it is something else than its descriptor.
  case mediaType(Digest, stated: String, found: String)
  case unknownMediaType(Digest, String)
  case layerCount(Digest, layers: Int, diffIDs: Int)
  case nestedTooDeep(Digest)
  case noSuchImage(String)
  case ambiguous(String, [Digest])
  case noPlatform(wanted: Platform, offered: [Platform])
  /// The user wanted to stop while a lock or a long reading was waited for.
  case interrupted(Interrupted)
}

extension StoreError: CustomStringConvertible {
  /// One line: the subject, then the cause.
  package var description: String {
    switch self {
    case .file(let error): "\(error)"
    case .notAStore(let path): "\(path): not an image store, and not empty"
    case .noStore(let path): "\(path): no image store is there"
    case .document(let subject, let error): "\(subject): \(error)"
    case .missing(let digest): "blob \(digest): is not there"
    case .wrongSize(let digest, let expected, let found):
      "blob \(digest): wrong size: \(found) bytes instead of \(expected)"
    case .wrongDigest(let expected, let found):
      "blob \(expected): wrong digest: its content is \(found)"
    case .wrongContent(let digest): "blob \(digest): wrong digest: its content is another"
    case .unknownAlgorithm(let digest):
      "blob \(digest): cannot verify: \(digest.algorithm) is neither sha256 nor sha512"
    case .tooLarge(let digest, let size, let limit):
      "document \(digest): \(size) bytes, more than the allowed \(limit)"
    case .mediaType(let digest, let stated, let found):
      "document \(digest): its mediaType \"\(found)\" is not the descriptor's \"\(stated)\""
    case .unknownMediaType(let digest, let mediaType):
      "document \(digest): media type \"\(mediaType)\" is no image"
    case .layerCount(let digest, let layers, let diffIDs):
      "manifest \(digest): \(layers) layers, but its configuration has \(diffIDs) diff IDs"
    case .nestedTooDeep(let digest): "index \(digest): nested too deep"
    case .noSuchImage: "no such image in the store: see swimg list"
    case .ambiguous(let text, let digests):
      "\(text): several images begin so: " + candidates(digests).joined(separator: ", ")
    case .noPlatform(let wanted, let offered):
      "no image for \(wanted): "
        + (offered.isEmpty
          ? "it has none at all" : "there is " + offered.map(\.description).joined(separator: ", "))
    case .interrupted(let error): "\(error)"
    }
  }

  /// Runs file operations as operations of the store.
  static func wrapping<Result: ~Copyable>(
    _ body: () throws(FileError) -> Result
  ) throws(StoreError) -> Result {
    do throws(FileError) {
      return try body()
    } catch {
      throw .file(error)
    }
  }
}

/// As many digits of each as tell them apart, ten lines of them at most.
private func candidates(_ digests: [Digest]) -> [String] {
  let shown = digests.prefix(10)
  let areDifferent = Set(shown.map(\.short)).count == shown.count
  let list = shown.map { areDifferent ? $0.short : $0.description }
  return digests.count > shown.count ? list + ["and \(digests.count - shown.count) more"] : list
}
