package import ImageSpec

/// Where the documents of images are read: a store, or a staging place in front of it.
package protocol DocumentSource: ~Copyable {
  /// A whole document, verified; nil when it isn't there.
  func documentIfPresent(_ descriptor: Descriptor) throws(StoreError) -> [UInt8]?
}

/// An image for one platform: its documents, read and checked against each other.
package struct ResolvedImage: Sendable {
  /// What the name stands for: an index, or the manifest itself.
  package let top: Descriptor
  package let descriptor: Descriptor
  package let manifest: Manifest
  package let configuration: ImageConfiguration

  /// The same image as another entry of an index speaks of it.
  package func described(by descriptor: Descriptor) -> ResolvedImage {
    ResolvedImage(
      top: top,
      descriptor: descriptor,
      manifest: manifest,
      configuration: configuration,
    )
  }
}

/// All manifests below a descriptor, in their order, and the indexes on the way.
package struct ImageTree: Sendable {
  package fileprivate(set) var indexes: [Descriptor] = []
  package fileprivate(set) var manifests: [Descriptor] = []
  /// Nested indexes that are not there, and nobody knows what is below them.
  package fileprivate(set) var absentIndexes: [Descriptor] = []

  /// Each manifest once: an index may speak of the same one for several platforms, or ten thousand
  /// times to keep us busy.
  package var distinctManifests: [Descriptor] {
    var met: Set<Digest> = []
    return manifests.filter { met.insert($0.digest).inserted }
  }
}

extension DocumentSource where Self: ~Copyable {
  private func required(_ descriptor: Descriptor) throws(StoreError) -> [UInt8] {
    guard let bytes = try documentIfPresent(descriptor) else {
      throw .missing(descriptor.digest)
    }
    return bytes
  }

  /// Reads the indexes below a descriptor; a single manifest is a tree of one.
  ///
  /// Entries of an unknown media type are passed over, as the specification wants, and so are
  /// nested indexes that are not there: images of some platforms may be left out on purpose.
  /// Spec: image-spec image-index.md, "manifests".
  package func tree(of top: Descriptor) throws(StoreError) -> ImageTree {
    var tree = ImageTree()
    // Depth first, so that "the first match" means the order in which a reader meets them.
    var pending: [(descriptor: Descriptor, depth: Int)] = [(top, 0)]
    // An index met again adds no image, but its entries would multiply with every level.
    var met: Set<Digest> = []
    while let (descriptor, depth) = pending.popLast() {
      if MediaType.isManifest(descriptor.mediaType) {
        tree.manifests.append(descriptor)
      } else if MediaType.isIndex(descriptor.mediaType) {
        // Deeper than any image nests. Contents are addressed by digest: there are no circles.
        guard depth < 8 else { throw .nestedTooDeep(descriptor.digest) }
        guard met.insert(descriptor.digest).inserted else { continue }
        guard let index = try index(descriptor) else {
          guard depth > 0 else { throw .missing(descriptor.digest) }
          tree.absentIndexes.append(descriptor)
          continue
        }
        tree.indexes.append(descriptor)
        pending += index.manifests.reversed().map { ($0, depth + 1) }
      } else if depth == 0 {
        throw .unknownMediaType(descriptor.digest, descriptor.mediaType)
      }
    }
    return tree
  }

  /// One index by itself; nil when it isn't there.
  package func index(_ descriptor: Descriptor) throws(StoreError) -> Index? {
    guard let bytes = try documentIfPresent(descriptor) else { return nil }
    let index = try parsed("index", descriptor, bytes, Index.init(parsing:))
    try checkMediaType(index.mediaType, of: descriptor)
    return index
  }

  /// One manifest by itself.
  package func manifest(_ descriptor: Descriptor) throws(StoreError) -> Manifest {
    try manifest(descriptor, try required(descriptor))
  }

  /// A manifest whose bytes were read and verified.
  func manifest(_ descriptor: Descriptor, _ bytes: [UInt8]) throws(StoreError) -> Manifest {
    let manifest = try parsed("manifest", descriptor, bytes, Manifest.init(parsing:))
    try checkMediaType(manifest.mediaType, of: descriptor)
    return manifest
  }

  /// An image's manifest and configuration, and what they say of each other.
  package func image(
    _ descriptor: Descriptor,
    top: Descriptor,
  ) throws(StoreError) -> ResolvedImage {
    let manifest = try manifest(descriptor)
    guard MediaType.isConfiguration(manifest.configuration.mediaType) else {
      throw .unknownMediaType(manifest.configuration.digest, manifest.configuration.mediaType)
    }
    let bytes = try required(manifest.configuration)
    let configuration = try parsed(
      "configuration",
      manifest.configuration,
      bytes,
      ImageConfiguration.init(parsing:),
    )
    guard manifest.layers.count == configuration.diffIDs.count else {
      throw .layerCount(
        descriptor.digest,
        layers: manifest.layers.count,
        diffIDs: configuration.diffIDs.count,
      )
    }
    return ResolvedImage(
      top: top,
      descriptor: descriptor,
      manifest: manifest,
      configuration: configuration,
    )
  }

  /// The first image below a descriptor that runs on a platform.
  ///
  /// A manifest whose descriptor names no platform is judged by its configuration.
  /// - Throws: `noPlatform`, with those that there are.
  package func image(
    below top: Descriptor,
    for platform: Platform,
  ) throws(StoreError) -> ResolvedImage {
    var offered: [Platform] = []
    var judged: Set<Digest> = []
    for descriptor in try tree(of: top).manifests {
      if let stated = descriptor.platform, !platform.accepts(stated) {
        offered.append(stated)
        continue
      }
      if descriptor.platform == nil, !judged.insert(descriptor.digest).inserted { continue }
      try checkInterruption()
      let image = try image(descriptor, top: top)
      if descriptor.platform != nil || platform.accepts(image.configuration.platform) {
        return image
      }
      offered.append(image.configuration.platform)
    }
    throw .noPlatform(wanted: platform, offered: offered)
  }

  private func parsed<Document>(
    _ kind: String,
    _ descriptor: Descriptor,
    _ bytes: [UInt8],
    _ parse: ([UInt8]) throws(DocumentError) -> Document,
  ) throws(StoreError) -> Document {
    do throws(DocumentError) {
      return try parse(bytes)
    } catch {
      throw .document(subject: "\(kind) \(descriptor.digest)", error)
    }
  }
}

/// A document that says what it is must be what its descriptor says (CVE-2021-41190).
private func checkMediaType(
  _ found: String?,
  of descriptor: Descriptor,
) throws(StoreError) {
  guard let found, found != descriptor.mediaType else { return }
  throw .mediaType(descriptor.digest, stated: descriptor.mediaType, found: found)
}

extension ContentStore: DocumentSource {
  package func documentIfPresent(_ descriptor: Descriptor) throws(StoreError) -> [UInt8]? {
    do throws(StoreError) {
      return try document(descriptor)
    } catch .missing {
      return nil
    }
  }
}

extension Staging: DocumentSource {
  package func documentIfPresent(_ descriptor: Descriptor) throws(StoreError) -> [UInt8]? {
    try document(descriptor)
  }
}
