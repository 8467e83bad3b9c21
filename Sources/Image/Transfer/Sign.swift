package import Hashing
package import ImageSpec
package import Registry
import Signatures

/// What to sign, and how.
package struct SignRequest: Sendable {
  package let reference: Reference
  /// The name that the signature is for; nil for the one by which the image is asked for.
  package let identity: Reference?
  /// Whether the signature is attached as a referrer, and not kept under cosign's tag.
  package let isReferrer: Bool
  /// Whether each image of an index gets one, too.
  package let isRecursive: Bool
  /// The program that says so.
  package let creator: String
  /// Seconds since the epoch.
  package let timestamp: Int64

  package init(
    _ reference: Reference,
    identity: Reference?,
    isReferrer: Bool,
    isRecursive: Bool,
    creator: String,
    timestamp: Int64,
  ) {
    self.reference = reference
    self.identity = identity
    self.isReferrer = isReferrer
    self.isRecursive = isRecursive
    self.creator = creator
    self.timestamp = timestamp
  }

  /// By digest alone, the name is the repository's, as cosign has it.
  fileprivate var signedName: String {
    let name = identity ?? reference
    return name.tag == nil
      ? "\(name.domain)/\(name.path)" : name.withoutDigest.description
  }
}

/// Signs an image in a registry, and puts the signature beside it.
///
/// - Returns: the digests that have a signature now.
/// - Throws: when the image is not there, or the registry refuses the signature.
package func sign(
  _ request: SignRequest,
  with key: borrowing PrivateKey,
  _ access: RegistryAccess,
) throws(TransferError) -> [Digest] {
  let place = try home(of: request.reference, access)
  let client = try reached { () throws(RegistryError) in try RegistryClient(place, access) }
  let top = try reached { () throws(RegistryError) in
    try client.manifest(ManifestReference(request.reference))
  }
  var subjects = [top.descriptor]
  if request.isRecursive, MediaType.isIndex(top.descriptor.mediaType) {
    do throws(DocumentError) {
      subjects += try Index(parsing: top.bytes).manifests.map(\.bare)
    } catch {
      throw .document(name: request.reference.short, problem: "\(error)")
    }
  }
  for subject in subjects {
    try checkInterruption()
    let payload = SignedPayload(digest: subject.digest, name: request.signedName)
      .document(creator: request.creator, timestamp: request.timestamp)
    let signature: [UInt8]
    do throws(KeyError) {
      signature = try key.signature(of: payload)
    } catch {
      throw .key(error)
    }
    try client.put(payload, Base64.encoded(signature), for: subject, request)
  }
  return subjects.map(\.digest)
}

extension RegistryClient {
  fileprivate func put(
    _ payload: [UInt8],
    _ signature: String,
    for subject: Descriptor,
    _ request: SignRequest,
  ) throws(TransferError) {
    let layer = Descriptor(mediaType: SignedPayload.mediaType, of: payload)
      .settingAnnotation(SignedPayload.signatureAnnotation, to: signature)
    _ = try reached { () throws(RegistryError) in
      try uploadIfMissing(layer, UploadSource(payload))
    }
    guard !request.isReferrer else {
      _ = try putArtifact(
        Manifest.document(
          artifactType: SignedPayload.artifactType,
          layers: [layer],
          subject: subject,
          annotations: [],
        )
      )
      return
    }
    guard let tag = request.reference.attachment("sig", of: subject.digest) else {
      throw .names(problem: "\(subject.digest.short): too long for a tag: use --referrer")
    }
    // Others may have signed it before, or are doing so now: a registry knows no lock, and the last
    // to put the manifest wins. So we look whether ours is in it, until it is.
    for _ in 0..<10 {
      let layers = try tagged(tag)?.layers ?? []
      guard !layers.contains(layer) else { return }
      try putSignatures(layers + [layer], under: tag)
    }
    guard try tagged(tag)?.layers.contains(layer) == true else {
      throw .names(problem: "\(tag.short): others replace the signatures again and again")
    }
  }

  /// Puts the manifest that cosign and skopeo look for.
  private func putSignatures(
    _ layers: [Descriptor],
    under tag: Reference,
  ) throws(TransferError) {
    let configuration: JSONValue = [
      "architecture": "", "os": "", "config": [:],
      "rootfs": [
        "type": "layers", "diff_ids": .strings(layers.map(\.digest.description)),
      ],
    ]
    let text = Array(configuration.compactText.utf8)
    let described = Descriptor(mediaType: MediaType.ociConfiguration, of: text)
    let document = Manifest.document(configuration: described, layers: layers)
    let bytes = Array(document.compactText.utf8)
    let manifest = Descriptor(mediaType: MediaType.ociManifest, of: bytes)
    try reached { () throws(RegistryError) in
      _ = try uploadIfMissing(described, UploadSource(text))
      try put(bytes, manifest, as: ManifestReference(tag))
    }
  }
}
