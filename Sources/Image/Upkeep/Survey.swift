package import ContentStore
import HostProcess
package import ImageSpec

/// One image of a store, under all of its names.
package struct SurveyedImage: Sendable {
  /// What its names stand for.
  package let top: Descriptor
  package fileprivate(set) var references: [Reference] = []
  /// The platforms' images whose documents are there.
  package private(set) var images: [ResolvedImage] = []
  /// All indexes and manifests that are there, those of other artifacts too.
  package private(set) var documents: [Digest: Int64] = [:]
  /// All layers, each once, with their sizes.
  package private(set) var layers: [Digest: Int64] = [:]
  /// Why it can't be read.
  package private(set) var problem: String?

  fileprivate init(_ top: Descriptor, in store: ContentStore) throws(StoreError) {
    self.top = top
    do throws(StoreError) {
      try read(store)
    } catch .file(let error) {
      throw .file(error)
    } catch .interrupted(let error) {
      throw .interrupted(error)
    } catch {
      // One damaged image must not hide the others.
      problem = error.description
    }
  }

  private mutating func read(_ store: ContentStore) throws(StoreError) {
    let tree = try store.tree(of: top)
    for index in tree.indexes { documents[index.digest] = index.size }
    var known: [Digest: ResolvedImage] = [:]
    var met: Set<Digest> = []
    for descriptor in tree.manifests {
      if let image = known[descriptor.digest] {
        images.append(image.described(by: descriptor))
        continue
      }
      guard met.insert(descriptor.digest).inserted else { continue }
      try stopIfInterrupted()
      guard try store.blobSize(descriptor.digest) != nil else { continue }
      let manifest = try store.manifest(descriptor)
      documents[descriptor.digest] = descriptor.size
      documents[manifest.configuration.digest] = manifest.configuration.size
      guard MediaType.isConfiguration(manifest.configuration.mediaType) else { continue }
      let image = try store.image(descriptor, top: top)
      images.append(image)
      known[descriptor.digest] = image
      for layer in manifest.layers { layers[layer.digest] = layer.size }
    }
  }

  /// The image for this machine, or the first where there is none.
  package var primary: ResolvedImage? {
    images.first { Platform.host.accepts($0.platform) } ?? images.first
  }

  /// The digest of its configuration, which other tools call the id of an image.
  package var id: Digest? { primary?.manifest.configuration.digest }

  package var created: Moment? {
    primary?.configuration.created.flatMap { Moment(parsing: $0) }
  }

  /// The bytes of all layers as they are stored.
  package var layerBytes: Int64 { Manifest.total(layers.values) }
}

extension ResolvedImage {
  /// As its entry in an index says, or else its configuration.
  package var platform: Platform { descriptor.platform ?? configuration.platform }
}

/// What is in a store: every image once, with its names, in the order of the names.
package struct Survey: Sendable {
  package private(set) var images: [SurveyedImage] = []
  /// In how many images each layer is.
  private var uses: [Digest: Int] = [:]

  /// - Throws: when the store can't be read; a damaged image is none of its damage.
  package init(_ store: ContentStore) throws(StoreError) {
    var positions: [Digest: Int] = [:]
    for descriptor in try store.indexedDescriptors() {
      let reference = StoreEntry(descriptor)?.reference
      // Names of other tools are not ours to show.
      guard reference != nil || descriptor.isNameless, descriptor.isImage else { continue }
      let position = positions[descriptor.digest] ?? images.count
      if position == images.count {
        images.append(try SurveyedImage(descriptor, in: store))
        positions[descriptor.digest] = position
      }
      if let reference { images[position].references.append(reference) }
    }
    try dropRemoved(store)
    for image in images { for layer in image.layers.keys { uses[layer, default: 0] += 1 } }
    for position in images.indices {
      images[position].references.sort { $0.description < $1.description }
    }
    images.sort { $0.sortKey < $1.sortKey }
  }

  /// What looks damaged may just have been removed by another process.
  private mutating func dropRemoved(_ store: ContentStore) throws(StoreError) {
    guard images.contains(where: { $0.problem != nil }) else { return }
    let present = Set(try store.indexedDescriptors().map(\.digest))
    images.removeAll { $0.problem != nil && !present.contains($0.top.digest) }
  }

  /// The bytes of the layers that no other image of the store has.
  package func ownBytes(of image: SurveyedImage) -> Int64 {
    Manifest.total(image.layers.filter { uses[$0.key] == 1 }.map(\.value))
  }
}

extension SurveyedImage {
  /// By the first name; those without come last.
  fileprivate var sortKey: (Int, String) {
    guard let first = references.first else { return (1, top.digest.encoded) }
    return (0, first.description)
  }
}

extension Descriptor {
  fileprivate var isImage: Bool {
    MediaType.isIndex(mediaType) || MediaType.isManifest(mediaType)
  }
}
