import HostProcess
import ImageSpec
import Registry
import Signatures

extension RegistryClient {
  /// No signature is as long.
  private static let payloadLimit = 1 << 20
  private static let signatureLimit = 256

  /// The signatures of a manifest: those under cosign's tag, and those that name it as their subject.
  func signatures(
    of digest: Digest,
    _ reference: Reference,
  ) throws(TransferError) -> [FoundSignature] {
    var found: [FoundSignature] = []
    if let tag = reference.attachment("sig", of: digest), let manifest = try tagged(tag) {
      found += try signatures(in: manifest)
    }
    let attached = try reached { () throws(RegistryError) in try referrers(of: digest) }
    for referrer in attached where referrer.artifactType == SignedPayload.artifactType {
      guard found.count < RegistryClient.signatureLimit else { break }
      let document = try reached { () throws(RegistryError) in
        try manifest(.digest(referrer.digest))
      }
      found += try signatures(in: try parsed(document))
    }
    return found
  }

  /// The manifest of a tag; nil when it isn't there.
  func tagged(_ tag: Reference) throws(TransferError) -> Manifest? {
    let fetched: FetchedManifest
    do throws(RegistryError) {
      fetched = try manifest(ManifestReference(tag))
    } catch .notFound {
      return nil
    } catch {
      throw TransferError(error)
    }
    return try parsed(fetched)
  }

  private func parsed(_ document: FetchedManifest) throws(TransferError) -> Manifest {
    do throws(DocumentError) {
      return try Manifest(parsing: document.bytes)
    } catch {
      throw .document(name: "manifest \(document.descriptor.digest.short)", problem: "\(error)")
    }
  }

  private func signatures(in manifest: Manifest) throws(TransferError) -> [FoundSignature] {
    var found: [FoundSignature] = []
    for layer in manifest.layers.prefix(RegistryClient.signatureLimit)
    where layer.mediaType == SignedPayload.mediaType {
      guard let signature = layer.annotation(SignedPayload.signatureAnnotation) else { continue }
      try checkInterruption()
      let payload = try reached { () throws(RegistryError) in
        try smallBlob(layer, limit: RegistryClient.payloadLimit)
      }
      found.append(FoundSignature(payload: payload, signature: signature))
    }
    return found
  }
}

extension SignaturePolicy {
  /// Checks an image that is about to be fetched.
  ///
  /// A signature for what the name stands for covers everything below it, as that is named by digests;
  /// where it has none, each of the wanted images has to have one.
  func check(
    _ top: Descriptor,
    _ images: [Descriptor],
    _ reference: Reference,
    _ client: RegistryClient,
  ) throws(TransferError) {
    let isNeeded = try allowed { () throws(PolicyError) in try needsSignatures(reference) }
    guard isNeeded else { return }
    let ofTop = try client.signatures(of: top.digest, reference)
    do throws(PolicyError) {
      return try check(top.digest, reference, ofTop)
    } catch .notSigned where MediaType.isIndex(top.mediaType) && !images.isEmpty {
      // Its images may have them.
    } catch {
      throw .policy(error)
    }
    for image in images {
      let found = try client.signatures(of: image.digest, reference)
      try allowed { () throws(PolicyError) in try check(image.digest, reference, found) }
    }
  }
}

/// Asks a policy as part of a transfer.
func allowed<Result>(_ body: () throws(PolicyError) -> Result) throws(TransferError) -> Result {
  do throws(PolicyError) {
    return try body()
  } catch {
    throw .policy(error)
  }
}
