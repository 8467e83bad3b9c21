import ImageSpec

/// For which name a signature has to be made.
///
/// See: containers-policy.json(5), "signedIdentity".
enum SignedIdentity: Equatable {
  case matchExact
  case matchRepositoryDigestOrExact
  case matchRepository
  case exactReference(Reference)
  case exactRepository(domain: String, path: String)
  case remap(prefix: String, signedPrefix: String)

  init(_ fields: DocumentFields) throws(DocumentError) {
    let type = try fields.requiredString("type")
    var keys: Set<String> = ["type"]
    switch type {
    case "matchExact": self = .matchExact
    case "matchRepoDigestOrExact": self = .matchRepositoryDigestOrExact
    case "matchRepository": self = .matchRepository
    case "exactReference":
      keys.insert("dockerReference")
      let text = try fields.requiredString("dockerReference")
      guard let reference = SignedIdentity.complete(text) else {
        throw fields.error("dockerReference", "a name with a tag or digest is expected")
      }
      self = .exactReference(reference)
    case "exactRepository":
      keys.insert("dockerRepository")
      let text = try fields.requiredString("dockerRepository")
      guard let reference = SignedIdentity.parsed(text), !SignedIdentity.hasTagOrDigest(text) else {
        throw fields.error("dockerRepository", "a name without tag and digest is expected")
      }
      self = .exactRepository(domain: reference.domain, path: reference.path)
    case "remapIdentity":
      keys.formUnion(["prefix", "signedPrefix"])
      let prefixes = (
        try fields.requiredString("prefix"), try fields.requiredString("signedPrefix")
      )
      guard !prefixes.0.isEmpty, !prefixes.1.isEmpty else {
        throw fields.error("prefix", "neither prefix nor signedPrefix may be empty")
      }
      self = .remap(prefix: prefixes.0, signedPrefix: prefixes.1)
    default: throw fields.error("type", "\"\(type)\" is not known")
    }
    try fields.checkKeys(keys)
  }

  /// Whether a signature for a name is one for the image that is wanted under a name.
  func accepts(_ signed: String, for wanted: Reference) -> Bool {
    guard let signature = SignedIdentity.parsed(signed) else { return false }
    let isComplete = SignedIdentity.hasTagOrDigest(signed)
    switch self {
    case .matchExact: return isComplete && signature == wanted
    case .matchRepositoryDigestOrExact:
      return SignedIdentity.matchesDigestOrExact(signature, isComplete, wanted)
    case .matchRepository: return signature.isSameRepository(as: wanted)
    case .exactReference(let reference): return isComplete && signature == reference
    case .exactRepository(let domain, let path):
      return signature.domain == domain && signature.path == path
    case .remap(let prefix, let signedPrefix):
      let remapped = SignedIdentity.remapped(wanted, prefix, signedPrefix)
      guard let remapped else { return false }
      return SignedIdentity.matchesDigestOrExact(signature, isComplete, remapped)
    }
  }

  private static func matchesDigestOrExact(
    _ signature: Reference,
    _ isComplete: Bool,
    _ wanted: Reference,
  ) -> Bool {
    // The digest itself has been compared already.
    if wanted.tag == nil { return signature.isSameRepository(as: wanted) }
    return isComplete && signature.digest == nil && signature == wanted.withoutDigest
  }

  /// - Returns: nil when the new name is none.
  private static func remapped(
    _ wanted: Reference,
    _ prefix: String,
    _ signedPrefix: String,
  ) -> Reference? {
    let name = "\(wanted.domain)/\(wanted.path)"
    guard name == prefix || name.hasPrefix(prefix + "/") else { return wanted }
    let suffix = wanted.description.dropFirst(name.utf8.count)
    return parsed(signedPrefix + name.dropFirst(prefix.utf8.count) + suffix)
  }

  private static func complete(_ text: String) -> Reference? {
    hasTagOrDigest(text) ? parsed(text) : nil
  }

  private static func parsed(_ text: String) -> Reference? {
    do throws(ReferenceError) {
      return try Reference(parsing: text)
    } catch {
      // What is no name is nobody's name.
      return nil
    }
  }

  /// Whether a name says more than the repository, for which we would add "latest".
  private static func hasTagOrDigest(_ text: String) -> Bool {
    let last = text.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
    return last.contains(":") || text.contains("@")
  }
}
