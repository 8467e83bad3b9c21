import HTTP
import Hashing
package import ImageSpec

extension RegistryClient {
  private static let referrerLimit = 10_000

  /// The manifests that name a subject: from the registry's own list, or where it has none from the
  /// one that clients keep under a tag.
  ///
  /// Spec: distribution-spec, "Listing Referrers".
  package func referrers(of digest: Digest) throws(RegistryError) -> [Descriptor] {
    let subject = "\(place.name): referrers of \(digest)"
    var found: [Descriptor] = []
    var next: WebAddress? = try repositoryAddress("referrers/\(digest)")
    while let address = next {
      var request = HTTPRequest(.get, address)
      request.headers = [("Accept", MediaType.ociIndex)]
      request.limit = DocumentLimit.bytes
      let response = try sendUntilAnswered(request, .pull)
      guard response.isSuccess,
        response.headers["Content-Type"]?.lowercased().hasPrefix(MediaType.ociIndex) == true
      else {
        // Registries that do not know the list say so in several ways; a list that breaks off is
        // another matter.
        guard found.isEmpty, response.isSuccess || [400, 404, 405, 501].contains(response.status)
        else { throw failure(response, subject) }
        return try taggedReferrers(of: digest)
      }
      found += try index(response.body, subject).manifests
      guard found.count <= RegistryClient.referrerLimit else {
        throw .protocolBroken(subject: subject, problem: "the list does not end")
      }
      next = try nextPage(response, after: address, subject)
    }
    return found
  }

  /// The list that clients keep for a registry that keeps none.
  private func taggedReferrers(of digest: Digest) throws(RegistryError) -> [Descriptor] {
    do throws(RegistryError) {
      let list = try manifest(.tag(digest.referrersTag))
      return try index(list.bytes, "\(place.name):\(digest.referrersTag)").manifests
    } catch .notFound {
      return []
    }
  }

  /// Adds a manifest to the list under the tag, for a registry that keeps none itself.
  ///
  /// Two clients that do so at once may overwrite each other, as nothing in the protocol keeps them
  /// apart: so it is looked at again.
  /// Spec: distribution-spec, "Pushing Manifests with Subject".
  package func addTaggedReferrer(
    _ referrer: Descriptor,
    to digest: Digest,
  ) throws(RegistryError) {
    for _ in 0..<4 {
      let present = try taggedReferrers(of: digest)
      if present.contains(where: { $0.digest == referrer.digest }) { return }
      var index = Index()
      index.manifests = present + [referrer]
      let bytes = Array(index.document.compactText.utf8)
      let descriptor = Descriptor(
        mediaType: MediaType.ociIndex,
        digest: try contentDigest(of: bytes, .sha256),
        size: Int64(bytes.count),
      )
      _ = try putManifest(bytes, descriptor, as: .tag(digest.referrersTag))
    }
    guard try taggedReferrers(of: digest).contains(where: { $0.digest == referrer.digest }) else {
      throw .protocolBroken(
        subject: "\(place.name):\(digest.referrersTag)",
        problem: "somebody else keeps overwriting the list",
      )
    }
  }

  private func index(_ bytes: [UInt8], _ subject: String) throws(RegistryError) -> Index {
    do throws(DocumentError) {
      return try Index(parsing: bytes)
    } catch {
      throw .protocolBroken(subject: subject, problem: "\(error)")
    }
  }
}

extension Digest {
  /// The tag under which clients keep a list of referrers. Spec: distribution-spec
  package var referrersTag: String { "\(algorithm.prefix(32))-\(encoded.prefix(64))" }
}
