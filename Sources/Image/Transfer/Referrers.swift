import HostProcess
package import ImageSpec
package import Registry

/// What is attached to an image in a registry.
package struct Referrers: Sendable {
  /// What the image's name stands for.
  package let subject: Digest
  package let manifests: [Descriptor]
}

/// Lists what is attached to an image: signatures, lists of contents, and whatever else names it as its
/// subject.
package func referrers(
  of reference: Reference,
  _ access: RegistryAccess,
) throws(TransferError) -> Referrers {
  let place = try home(of: reference, access)
  return try reached { () throws(RegistryError) in
    let client = try RegistryClient(place, access)
    let wanted = ManifestReference(reference)
    guard let subject = try client.manifestDigest(wanted) else {
      throw .notFound(subject: reference.short)
    }
    return Referrers(subject: subject, manifests: try client.referrers(of: subject))
  }
}

/// The registry itself, as a mirror need not have everything and takes nothing.
func home(
  of reference: Reference,
  _ access: RegistryAccess,
) throws(TransferError) -> RegistryPlace {
  let places = try reached { () throws(RegistryError) in
    try access.places(of: reference, forPulling: false)
  }
  guard let place = places.last else {
    throw .names(problem: "registries.conf leaves no place to look")
  }
  return place
}

/// Copies what is attached to images, and what is attached to that.
struct ReferrerCopy {
  private let source: Reference
  private let target: Reference
  private let client: RegistryClient
  private let copyOne: (Reference, Reference) throws(TransferError) -> Void
  private var done: Set<Digest> = []

  /// Deeper chains of attachments, and more of them, are no image's any more.
  private static let depthLimit = 8
  private static let countLimit = 10_000

  /// - Parameters:
  ///   - source: a name in the repository to copy from.
  ///   - target: one in the repository to copy to.
  ///   - access: how registries are reached.
  ///   - copyOne: copies what a name stands for.
  /// - Throws: when the source can't be reached.
  init(
    from source: Reference,
    to target: Reference,
    _ access: RegistryAccess,
    _ copyOne: @escaping (Reference, Reference) throws(TransferError) -> Void,
  ) throws(TransferError) {
    self.source = source
    self.target = target
    self.copyOne = copyOne
    let place = try home(of: source, access)
    client = try reached { () throws(RegistryError) in try RegistryClient(place, access) }
  }

  /// Copies all attachments of a manifest, and theirs.
  mutating func copy(of top: Digest) throws(TransferError) {
    var level = [top]
    for _ in 0..<ReferrerCopy.depthLimit {
      var next: [Digest] = []
      for subject in level { next += try copyAttachments(of: subject) }
      guard !next.isEmpty else { return }
      level = next
    }
    throw .names(problem: "the referrers of \(top) nest too deep")
  }

  /// - Returns: those whose own attachments have not been copied.
  private mutating func copyAttachments(of subject: Digest) throws(TransferError) -> [Digest] {
    let found = try reached { () throws(RegistryError) in try client.referrers(of: subject) }
    var fresh: [Digest] = []
    for referrer in found where done.insert(referrer.digest).inserted {
      try checkInterruption()
      guard done.count <= ReferrerCopy.countLimit else {
        throw .names(problem: "too many referrers: more than \(ReferrerCopy.countLimit)")
      }
      try copyOne(source.withDigest(referrer.digest), target.withDigest(referrer.digest))
      fresh.append(referrer.digest)
    }
    // What cosign and skopeo keep under tags.
    for suffix in ["sig", "att", "sbom"] {
      guard let from = source.attachment(suffix, of: subject),
        let to = target.attachment(suffix, of: subject)
      else { continue }
      let isThere = try reached { () throws(RegistryError) in
        try client.manifestDigest(ManifestReference(from)) != nil
      }
      if isThere { try copyOne(from, to) }
    }
    return fresh
  }
}
