/// An image index, or Docker's manifest list: descriptors of manifests and of further indexes.
///
/// Spec: image-spec image-index.md.
package struct Index: Sendable {
  package let mediaType: String?
  package var manifests: [Descriptor]
  private let object: JSONObject

  /// The name of an image in a layout's `index.json`, and nowhere else.
  ///
  /// Spec: image-spec annotations.md, "org.opencontainers.image.ref.name".
  package static let nameAnnotation = "org.opencontainers.image.ref.name"

  /// The same for containerd and Docker, always in full.
  package static let containerdNameAnnotation = "io.containerd.image.name"

  /// The empty index of a new layout.
  package init() {
    mediaType = MediaType.ociIndex
    manifests = []
    object = ["schemaVersion": 2, "mediaType": .string(MediaType.ociIndex)]
  }

  /// - Throws: when the document breaks a rule, or could be read as a manifest as well.
  package init(parsing bytes: [UInt8]) throws(DocumentError) {
    let fields = try DocumentFields(parsing: bytes)
    mediaType = try fields.string("mediaType")
    try checkSchemaVersion(fields)
    if let mediaType, !MediaType.isIndex(mediaType) {
      throw fields.error("mediaType", "\"\(mediaType)\" is no image index")
    }
    // One document, one type (CVE-2021-41190).
    for key in ["config", "layers", "fsLayers"] where fields.has(key) {
      throw fields.error(key, "an image index has no such field")
    }
    guard let entries = try fields.arrayOfFields("manifests") else {
      throw fields.error("manifests", "the field is missing")
    }
    manifests = []
    for entry in entries {
      manifests.append(try Descriptor(entry))
    }
    object = fields.object
  }

  /// The document with the present list of manifests and every other field as it was read.
  package var document: JSONValue {
    var document = object
    document["manifests"] = .array(manifests.map { .object($0.object) })
    return .object(document)
  }
}

func checkSchemaVersion(_ fields: DocumentFields) throws(DocumentError) {
  guard try fields.integer("schemaVersion") == 2 else {
    throw fields.error("schemaVersion", "2 is expected")
  }
}
