/// An image manifest: the descriptors of a configuration and of the layers, base first.
///
/// Spec: image-spec manifest.md.
package struct Manifest: Sendable {
  package let mediaType: String?
  package let configuration: Descriptor
  package let layers: [Descriptor]
  package let annotations: [(key: String, value: String)]
  /// The manifest that this one is about, as a signature is about an image.
  package let subject: Descriptor?
  private let statedArtifactType: String?

  /// What an artifact is; for want of a statement, its configuration's media type.
  ///
  /// Spec: image-spec manifest.md, "Guidelines for Artifact Usage".
  package var artifactType: String { statedArtifactType ?? configuration.mediaType }

  /// - Throws: when the document breaks a rule, or could be read as an index as well.
  package init(parsing bytes: [UInt8]) throws(DocumentError) {
    let fields = try DocumentFields(parsing: bytes)
    mediaType = try fields.string("mediaType")
    try checkSchemaVersion(fields)
    if let mediaType, !MediaType.isManifest(mediaType) {
      throw fields.error("mediaType", "\"\(mediaType)\" is no image manifest")
    }
    // One document, one type (CVE-2021-41190).
    for key in ["manifests", "fsLayers"] where fields.has(key) {
      throw fields.error(key, "an image manifest has no such field")
    }
    configuration = try Descriptor(try fields.requiredFields("config"))
    var layers: [Descriptor] = []
    for layer in try fields.arrayOfFields("layers") ?? [] {
      layers.append(try Descriptor(layer))
    }
    self.layers = layers
    annotations = try fields.stringMembers("annotations") ?? []
    statedArtifactType = try fields.string("artifactType")
    subject =
      if let subject = try fields.fields("subject") { try Descriptor(subject) } else { nil }
  }

  /// Everything that the manifest points at: its configuration first, then the layers.
  package var blobs: [Descriptor] { [configuration] + layers }

  /// The bytes of all layers as they are stored; the largest number where the sum is larger, as
  /// sizes are only claims until a blob is there.
  package var layerBytes: Int64 { Manifest.total(layers.map(\.size)) }

  /// A sum of claimed sizes, none of them negative, that stops at the largest number.
  package static func total(_ sizes: some Sequence<Int64>) -> Int64 {
    sizes.reduce(0) { sum, size in
      let (next, overflow) = sum.addingReportingOverflow(size)
      return overflow ? .max : next
    }
  }

  /// The document of a manifest made here.
  package static func document(configuration: Descriptor, layers: [Descriptor]) -> JSONValue {
    [
      "schemaVersion": 2,
      "mediaType": .string(MediaType.ociManifest),
      "config": .object(configuration.object),
      "layers": .array(layers.map { .object($0.object) }),
    ]
  }

  /// The document of an artifact made here, about another manifest.
  ///
  /// Spec: image-spec manifest.md, "Guidelines for Artifact Usage".
  package static func document(
    artifactType: String,
    layers: [Descriptor],
    subject: Descriptor,
    annotations: [(key: String, value: String)],
  ) -> JSONValue {
    var document: JSONObject = [
      "schemaVersion": 2,
      "mediaType": .string(MediaType.ociManifest),
      "artifactType": .string(artifactType),
      "config": .object(Descriptor.empty.object),
      "layers": .array((layers.isEmpty ? [Descriptor.empty] : layers).map { .object($0.object) }),
      "subject": .object(subject.bare.object),
    ]
    if !annotations.isEmpty {
      document["annotations"] = .object(
        JSONObject(annotations.map { JSONObject.Member(key: $0.key, value: .string($0.value)) })
      )
    }
    return .object(document)
  }
}
