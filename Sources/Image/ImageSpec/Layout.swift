/// The names and the marker file of an OCI image layout.
///
/// Spec: image-spec image-layout.md.
package enum Layout {
  package static let markerName = "oci-layout"
  package static let indexName = "index.json"
  package static let blobsName = "blobs"
  package static let version = "1.0.0"

  /// The marker file's content.
  package static var marker: JSONValue { ["imageLayoutVersion": .string(version)] }

  /// Checks a marker file.
  /// - Throws: when it is no marker, or one of a layout that we don't know.
  package static func checkMarker(_ bytes: [UInt8]) throws(DocumentError) {
    let fields = try DocumentFields(parsing: bytes)
    let found = try fields.requiredString("imageLayoutVersion")
    guard found.hasPrefix("1.") else {
      throw fields.error("imageLayoutVersion", "\"\(found)\" is unknown, \(version) is expected")
    }
  }
}

/// Caps on what is read into memory before it is known to be trustworthy.
package enum DocumentLimit {
  /// An index, a manifest, an image configuration or an archive's manifest.json; registries refuse
  /// manifests above 4 MiB.
  package static let bytes = 4 << 20
}
