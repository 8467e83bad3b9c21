package import ImageSpec

/// What a signature is made over: that an image of this digest has this name.
///
/// See: containers-signature(5), and cosign's SIGNATURE_SPEC, "simple signing".
package struct SignedPayload: Equatable, Sendable {
  /// The media type of a payload that is a layer of a manifest of signatures.
  package static let mediaType = "application/vnd.dev.cosign.simplesigning.v1+json"
  /// The annotation of that layer that holds the signature.
  package static let signatureAnnotation = "dev.cosignproject.cosign/signature"
  /// What a manifest of signatures is as an artifact.
  package static let artifactType = "application/vnd.dev.cosign.artifact.sig.v1+json"

  private static let kind = "cosign container image signature"

  package let digest: Digest
  /// The image's name as the signer gave it: not all signers give a tag.
  package let name: String

  package init(digest: Digest, name: String) {
    self.digest = digest
    self.name = name
  }

  /// - Throws: when there is anything in its critical part that we don't know.
  package init(parsing bytes: [UInt8]) throws(DocumentError) {
    let fields = try DocumentFields(parsing: bytes)
    try fields.checkKeys(["critical", "optional"])
    let critical = try fields.requiredFields("critical")
    try critical.checkKeys(["type", "image", "identity"])
    let type = try critical.requiredString("type")
    guard type == SignedPayload.kind else {
      throw critical.error("type", "\"\(type.prefix(80))\" is not known")
    }
    let image = try critical.requiredFields("image")
    try image.checkKeys(["docker-manifest-digest"])
    let identity = try critical.requiredFields("identity")
    try identity.checkKeys(["docker-reference"])
    name = try identity.requiredString("docker-reference")
    let text = try image.requiredString("docker-manifest-digest")
    do throws(DigestError) {
      digest = try Digest(parsing: text)
    } catch {
      throw image.error("docker-manifest-digest", "\(error)")
    }
  }

  /// The bytes to be signed.
  ///
  /// - Parameters:
  ///   - creator: the program.
  ///   - timestamp: seconds since the epoch.
  /// - Returns: a JSON document.
  package func document(creator: String, timestamp: Int64) -> [UInt8] {
    let document: JSONValue = [
      "critical": [
        "identity": ["docker-reference": .string(name)],
        "image": ["docker-manifest-digest": .string(digest.description)],
        "type": .string(SignedPayload.kind),
      ],
      "optional": ["creator": .string(creator), "timestamp": .integer(timestamp)],
    ]
    return Array(document.compactText.utf8)
  }
}
