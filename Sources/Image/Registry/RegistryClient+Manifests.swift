import HTTP
import Hashing
package import ImageSpec

/// A manifest or index as a registry sent it, its digest verified.
package struct FetchedManifest: Sendable {
  package let descriptor: Descriptor
  package let bytes: [UInt8]
}

extension RegistryClient {
  private static let accepted = [
    MediaType.ociIndex, MediaType.ociManifest, MediaType.dockerList, MediaType.dockerManifest,
  ]

  /// Fetches a manifest by tag or digest.
  ///
  /// By digest its content is verified against that, by tag against what the registry says.
  /// Spec: distribution-spec, "Pulling manifests".
  package func manifest(_ reference: ManifestReference) throws(RegistryError) -> FetchedManifest {
    var request = HTTPRequest(.get, try repositoryAddress("manifests/\(reference)"))
    request.headers = [("Accept", RegistryClient.accepted.joined(separator: ", "))]
    request.limit = DocumentLimit.bytes
    let response = try sendUntilAnswered(request, .pull)
    let subject = "\(place.name) \(reference)"
    guard response.isSuccess else { throw failure(response, subject) }
    let stated = try statedDigest(response, subject)
    let wanted =
      switch reference {
      case .digest(let digest): digest
      case .tag: stated
      }
    let algorithm = wanted.flatMap { HashAlgorithm(rawValue: $0.algorithm) } ?? .sha256
    let found = try contentDigest(of: response.body, algorithm)
    guard wanted == nil || wanted == found else {
      throw .wrongDigest(expected: wanted ?? found, found: found)
    }
    return FetchedManifest(
      descriptor: Descriptor(
        mediaType: try mediaType(response, subject),
        digest: found,
        size: Int64(response.body.count),
      ),
      bytes: response.body,
    )
  }

  /// Fetches a small blob whole, its size and digest verified.
  /// - Throws: when it has more bytes than are allowed, or others.
  package func smallBlob(
    _ descriptor: Descriptor,
    limit: Int,
  ) throws(RegistryError) -> [UInt8] {
    let subject = "\(place.name): blob \(descriptor.digest.short)"
    guard let algorithm = HashAlgorithm(rawValue: descriptor.digest.algorithm),
      descriptor.size <= limit
    else {
      throw .protocolBroken(subject: subject, problem: "more than the allowed \(limit) bytes")
    }
    var request = HTTPRequest(.get, try repositoryAddress("blobs/\(descriptor.digest)"))
    request.limit = limit
    let response = try sendUntilAnswered(request, .pull)
    guard response.isSuccess else { throw failure(response, subject) }
    let found = try contentDigest(of: response.body, algorithm)
    guard found == descriptor.digest else {
      throw .wrongDigest(expected: descriptor.digest, found: found)
    }
    return response.body
  }

  /// The digest of what a tag stands for, without fetching it; nil when it isn't there.
  package func manifestDigest(
    _ reference: ManifestReference
  ) throws(RegistryError) -> Digest? {
    var request = HTTPRequest(.head, try repositoryAddress("manifests/\(reference)"))
    request.headers = [("Accept", RegistryClient.accepted.joined(separator: ", "))]
    let response = try sendUntilAnswered(request, .pull)
    guard response.status != 404 else { return nil }
    guard response.isSuccess else { throw failure(response, "\(place.name) \(reference)") }
    // Not every registry says it: then only the content tells.
    guard let stated = try statedDigest(response, "\(place.name) \(reference)") else {
      return try manifest(reference).descriptor.digest
    }
    return stated
  }

  /// Puts a manifest under a tag or under its digest; all that it speaks of is there already.
  ///
  /// - Returns: whether the registry has noted the manifest's subject, and lists it there.
  /// Spec: distribution-spec, "Pushing manifests", "Pushing Manifests with Subject".
  package func putManifest(
    _ bytes: [UInt8],
    _ descriptor: Descriptor,
    as reference: ManifestReference,
  ) throws(RegistryError) -> Bool {
    var request = HTTPRequest(.put, try repositoryAddress("manifests/\(reference)"))
    request.headers = [("Content-Type", descriptor.mediaType)]
    request.body = .bytes(bytes)
    // Some registries check all blobs before they answer.
    request.patience = 300
    let response = try sendUntilAnswered(request, .push(mountingFrom: []))
    let subject = "\(place.name) \(reference)"
    guard response.isSuccess else { throw failure(response, subject) }
    if let stated = try statedDigest(response, subject),
      stated.algorithm == descriptor.digest.algorithm, stated != descriptor.digest
    {
      throw .protocolBroken(
        subject: subject,
        problem: "the registry made \(stated) of \(descriptor.digest)",
      )
    }
    return response.headers["OCI-Subject"] != nil
  }

  /// Deletes a tag, or a digest with all its tags.
  ///
  /// Spec: distribution-spec, "Deleting manifests".
  package func deleteManifest(_ reference: ManifestReference) throws(RegistryError) {
    let request = HTTPRequest(.delete, try repositoryAddress("manifests/\(reference)"))
    let response = try sendUntilAnswered(request, .delete)
    guard response.isSuccess else { throw failure(response, "\(place.name) \(reference)") }
  }

  private func statedDigest(
    _ response: HTTPResponse,
    _ subject: String,
  ) throws(RegistryError) -> Digest? {
    guard let text = response.headers["Docker-Content-Digest"] else { return nil }
    do throws(DigestError) {
      return try Digest(parsing: text)
    } catch {
      throw .protocolBroken(subject: subject, problem: "Docker-Content-Digest: \(error)")
    }
  }

  func contentDigest(
    of bytes: [UInt8],
    _ algorithm: HashAlgorithm,
  ) throws(RegistryError) -> Digest {
    do throws(DigestError) {
      return try Digest(
        algorithm: algorithm.rawValue,
        encoded: IncrementalHash.hexadecimal(of: bytes, algorithm: algorithm),
      )
    } catch {
      preconditionFailure("a computed digest is valid")
    }
  }

  /// What the header says, or the document itself where the header says nothing of use.
  private func mediaType(
    _ response: HTTPResponse,
    _ subject: String,
  ) throws(RegistryError) -> String {
    let header = response.headers["Content-Type"]?.prefix { $0 != ";" && $0 != " " }
    let stated = header.map { String($0).lowercased() } ?? ""
    guard !stated.contains("docker.distribution.manifest.v1") else {
      throw .protocolBroken(subject: subject, problem: "Docker's schema 1 is read no more")
    }
    do throws(DocumentError) {
      let fields = try DocumentFields(parsing: response.body)
      let inner = try fields.string("mediaType")
      if RegistryClient.accepted.contains(stated) {
        // One document, one type (CVE-2021-41190).
        guard inner == nil || inner == stated else {
          throw fields.error("mediaType", "is not \"\(stated)\", as which it was sent")
        }
        return stated
      }
      return inner ?? (fields.has("manifests") ? MediaType.ociIndex : MediaType.ociManifest)
    } catch {
      throw .protocolBroken(subject: subject, problem: "\(error)")
    }
  }
}

/// By what a manifest is asked for.
package enum ManifestReference: Sendable, Equatable, CustomStringConvertible {
  case tag(String)
  case digest(Digest)

  /// What a name means: its digest, where it has one.
  package init(_ reference: Reference) {
    self =
      if let digest = reference.digest {
        .digest(digest)
      } else {
        .tag(reference.tag ?? Reference.defaultTag)
      }
  }

  package var description: String {
    switch self {
    case .tag(let tag): tag
    case .digest(let digest): digest.description
    }
  }
}
