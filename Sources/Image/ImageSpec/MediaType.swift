/// The media types of the documents and layers that we read, of OCI and of Docker's schema 2.
///
/// Spec: image-spec media-types.md, with its compatibility matrix.
package enum MediaType {
  package static let ociIndex = "application/vnd.oci.image.index.v1+json"
  package static let ociManifest = "application/vnd.oci.image.manifest.v1+json"
  package static let ociConfiguration = "application/vnd.oci.image.config.v1+json"
  package static let ociLayer = "application/vnd.oci.image.layer.v1.tar"
  /// Of the blob `{}`.
  package static let empty = "application/vnd.oci.empty.v1+json"
  package static let dockerList = "application/vnd.docker.distribution.manifest.list.v2+json"
  package static let dockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
  package static let dockerConfiguration = "application/vnd.docker.container.image.v1+json"

  package static func isIndex(_ mediaType: String) -> Bool {
    mediaType == ociIndex || mediaType == dockerList
  }

  package static func isManifest(_ mediaType: String) -> Bool {
    mediaType == ociManifest || mediaType == dockerManifest
  }

  package static func isConfiguration(_ mediaType: String) -> Bool {
    mediaType == ociConfiguration || mediaType == dockerConfiguration
  }
}

/// How a layer's tar archive is packed.
package enum LayerCompression: String, Sendable {
  case none
  case gzip
  case zstd
}

/// A layer's media type, taken apart.
package struct LayerFormat: Equatable, Sendable {
  package let compression: LayerCompression
  /// Whether only its `urls` may hand the layer out.
  package let isDistributable: Bool

  /// The parts of a layer's media type; nil when it is none that we can unpack.
  package init?(mediaType: String) {
    switch mediaType {
    case MediaType.ociLayer, "application/vnd.docker.image.rootfs.diff.tar":
      (compression, isDistributable) = (.none, true)
    case MediaType.ociLayer + "+gzip", "application/vnd.docker.image.rootfs.diff.tar.gzip":
      (compression, isDistributable) = (.gzip, true)
    case MediaType.ociLayer + "+zstd", "application/vnd.docker.image.rootfs.diff.tar.zstd":
      (compression, isDistributable) = (.zstd, true)
    case "application/vnd.oci.image.layer.nondistributable.v1.tar",
      "application/vnd.docker.image.rootfs.foreign.diff.tar":
      (compression, isDistributable) = (.none, false)
    case "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
      "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip":
      (compression, isDistributable) = (.gzip, false)
    case "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd":
      (compression, isDistributable) = (.zstd, false)
    default: return nil
    }
  }

  /// The OCI media type of a distributable layer.
  package static func mediaType(for compression: LayerCompression) -> String {
    switch compression {
    case .none: MediaType.ociLayer
    case .gzip: MediaType.ociLayer + "+gzip"
    case .zstd: MediaType.ociLayer + "+zstd"
    }
  }
}
