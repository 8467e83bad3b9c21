package import ContentStore
package import ImageSpec
import RootedFiles

/// The forms in which images leave the store.
package enum SaveFormat: String, Sendable, CaseIterable {
  /// A tar archive of an OCI layout; every platform that is there goes along.
  case ociArchive = "oci-archive"
  /// What `docker load` reads: one platform of each image.
  case dockerArchive = "docker-archive"
  /// An OCI layout in a directory, a new one or one that is there already.
  case ociDirectory = "oci"
}

/// What to save.
package struct SaveRequest: Sendable {
  package let selectors: [ImageSelector]
  /// Whether each selector means all tags of its repository.
  package let isAllTags: Bool
  package let format: SaveFormat
  /// Nil for all platforms of an index, or where only one can be saved, for this machine's.
  package let platform: Platform?
  /// Called with the number of bytes of each piece that was written.
  package let progress: @Sendable (Int64) -> Void

  package init(
    selectors: [ImageSelector],
    isAllTags: Bool,
    format: SaveFormat,
    platform: Platform?,
    progress: @escaping @Sendable (Int64) -> Void,
  ) {
    self.selectors = selectors
    self.isAllTags = isAllTags
    self.format = format
    self.platform = platform
    self.progress = progress
  }
}

/// Images that are held in the store until they are saved.
package struct SaveSelection: Sendable {
  struct Item: Sendable {
    var descriptor: Descriptor
    var names: [Reference]
    /// The image for one platform, where only one goes.
    var image: ResolvedImage?
  }

  let store: ContentStore
  let lease: Lease
  let request: SaveRequest
  private(set) var items: [Item] = []
  /// Every blob that goes along, once.
  private(set) var blobs: [Descriptor] = []
  private var known: Set<Digest> = []

  /// The bytes of all blobs.
  package var bytes: Int64 { Manifest.total(blobs.map(\.size)) }

  /// Finds the images and everything that they need.
  /// - Throws: when one is not there, or not whole.
  package init(_ request: SaveRequest, from store: ContentStore) throws(TransferError) {
    self.store = store
    self.request = request
    lease = try stored { () throws(StoreError) in try Lease(store) }
    try store.settled(isCertain: { false }) { () throws(TransferError) in try collect() }
  }

  private mutating func collect() throws(TransferError) {
    (items, blobs, known) = ([], [], [])
    for selector in request.selectors {
      for (descriptor, name) in try entries(selector) { try add(descriptor, name) }
    }
    try stored { () throws(StoreError) in
      for item in items { try collect(item) }
    }
  }

  /// What a selector means, with the name that the user gave: no other name goes along.
  private func entries(
    _ selector: ImageSelector
  ) throws(TransferError) -> [(Descriptor, Reference?)] {
    try stored { () throws(StoreError) in
      let entries = try store.entries()
      if request.isAllTags, let reference = selector.reference {
        let tags = entries.filter { $0.reference.isSameRepository(as: reference) }
        guard !tags.isEmpty else { throw .noSuchImage(reference.short) }
        return tags.map { ($0.descriptor, $0.reference) }
      }
      let found = try store.find(selector)
      guard let reference = selector.reference else { return [(found, nil)] }
      let entry = entries.first {
        $0.reference == reference && $0.descriptor.digest == found.digest
      }
      return [(found, entry?.reference)]
    }
  }

  private mutating func add(
    _ descriptor: Descriptor,
    _ name: Reference?,
  ) throws(TransferError) {
    var item = Item(descriptor: descriptor, names: name.map { [$0] } ?? [])
    if request.format == .dockerArchive || request.platform != nil {
      let image = try stored { () throws(StoreError) in
        try LeasedStore(store, lease)
          .image(below: descriptor, for: request.platform ?? .host)
      }
      item.descriptor = image.descriptor
      item.image = image
    }
    guard let same = items.firstIndex(where: { $0.descriptor.digest == item.descriptor.digest })
    else {
      items.append(item)
      return
    }
    items[same].names += item.names.filter { !items[same].names.contains($0) }
  }

  private mutating func collect(_ item: Item) throws(StoreError) {
    let leased = LeasedStore(store, lease)
    let tree = try leased.tree(of: item.descriptor)
    for index in tree.indexes { insert(index) }
    var isThere = false
    for descriptor in tree.distinctManifests {
      try lease.protect([descriptor.digest])
      if try store.blobSize(descriptor.digest) == nil {
        // Images of some platforms may be left out, but not the one that was asked for.
        guard descriptor.digest == item.descriptor.digest else { continue }
        throw .missing(descriptor.digest)
      }
      isThere = true
      insert(descriptor)
      let manifest = try leased.manifest(descriptor)
      try lease.protect(manifest.blobs.map(\.digest))
      for blob in manifest.blobs {
        guard try store.blobSize(blob.digest) == nil else {
          insert(blob)
          continue
        }
        guard LayerFormat(mediaType: blob.mediaType)?.isDistributable == false else {
          throw .missing(blob.digest)
        }
      }
    }
    // All of them gone is no choice of platforms.
    let absent = (tree.manifests + tree.absentIndexes).first
    if !isThere, let absent { throw .missing(absent.digest) }
  }

  private mutating func insert(_ blob: Descriptor) {
    if known.insert(blob.digest).inserted { blobs.append(blob) }
  }

  /// The entries of the saved layout's index: one for each name, or one without.
  var indexEntries: [Descriptor] {
    items.flatMap { item -> [Descriptor] in
      let bare = Descriptor.copy(item.descriptor)
      guard !item.names.isEmpty else { return [bare] }
      return item.names.map { name in
        bare.settingAnnotation(Index.nameAnnotation, to: name.description)
          .settingAnnotation(Index.containerdNameAnnotation, to: name.description)
      }
    }
  }
}

extension Descriptor {
  /// The descriptor without what only its place in our index says.
  fileprivate static func copy(_ descriptor: Descriptor) -> Descriptor {
    descriptor.removingAnnotation(Index.nameAnnotation)
      .removingAnnotation(Index.containerdNameAnnotation)
  }
}

/// Writes images to a layout in a directory.
///
/// - Returns: nothing that is not in its place: every blob is verified, and the names come last.
/// - Throws: when the directory holds something else, or a blob is damaged.
package func save(
  _ selection: SaveSelection,
  toDirectory path: String,
) throws(TransferError) {
  let target = try stored { () throws(StoreError) in try ContentStore(creating: path) }
  let lease = try stored { () throws(StoreError) in try Lease(target) }
  defer { withExtendedLifetime(lease) {} }
  for blob in selection.blobs {
    let outcome = try stored { () throws(StoreError) in try lease.claim(blob, waiting: true) }
    switch consume outcome {
    case .present: continue
    case .busy: continue
    case .claimed(let claim): try selection.copy(blob, to: claim)
    }
  }
  try stored { () throws(StoreError) in
    try target.addEntries(selection.indexEntries)
    try target.removeEmptyPartialDirectory()
  }
}

extension SaveSelection {
  fileprivate func copy(
    _ blob: Descriptor,
    to claim: consuming BlobClaim,
  ) throws(TransferError) {
    var failure: StoreError?
    do throws(StoreError) {
      // What an earlier run has left is no quicker than copying it again.
      try claim.restart()
      var offset: Int64 = 0
      try store.readBlob(blob) { piece in
        do throws(StoreError) {
          try claim.write(piece, at: offset)
          offset += Int64(piece.count)
          request.progress(Int64(piece.count))
          return true
        } catch {
          failure = error
          return false
        }
      }
      try claim.commit()
    } catch {
      throw .store(failure ?? error)
    }
  }

  /// Reads a blob to its end, verifying it on the way.
  func read(
    _ blob: Descriptor,
    _ take: (Span<UInt8>) throws(TransferError) -> Void,
  ) throws(TransferError) {
    var failure: TransferError?
    do throws(StoreError) {
      try store.readBlob(blob) { piece in
        do throws(TransferError) {
          try take(piece)
          request.progress(Int64(piece.count))
          return true
        } catch {
          failure = error
          return false
        }
      }
    } catch {
      throw failure ?? .store(error)
    }
  }
}
