package import ContentStore
import HostProcess
package import ImageSpec
package import Registry
import RootedFiles

/// What to push, and where.
package struct PushRequest: Sendable {
  package let selector: ImageSelector
  package let destination: Reference
  /// Only the image for this platform, under the name of the whole; nil for all of an index.
  package let platform: Platform?
  package let progress: any TransferProgress

  package init(
    _ selector: ImageSelector,
    to destination: Reference,
    platform: Platform?,
    progress: any TransferProgress,
  ) {
    self.selector = selector
    self.destination = destination
    self.platform = platform
    self.progress = progress
  }
}

/// What a push has sent.
package struct PushedImage: Sendable {
  package let descriptor: Descriptor
  /// Whether one image went in place of the index that it stands in, as the others are not here.
  package let isPart: Bool
}

/// Pushes an image of the store to a registry: blobs first, then manifests, the name at last.
///
/// Blobs that the registry has are not sent; what it has in another repository it is told to mount.
/// - Throws: when something is missing here, or the registry refuses it.
package func push(
  _ request: PushRequest,
  _ access: RegistryAccess,
  from store: ContentStore,
) throws(TransferError) -> PushedImage {
  let lease = try stored { () throws(StoreError) in try Lease(store) }
  defer { withExtendedLifetime(lease) {} }
  let places = try reached { () throws(RegistryError) in
    try access.places(of: request.destination, forPulling: false)
  }
  guard let place = places.last else {
    throw .names(problem: "registries.conf leaves no place to push to")
  }
  let leased = LeasedStore(store, lease)
  let content = try stored { () throws(StoreError) in
    try store.settled(isCertain: { _ in false }) { () throws(StoreError) in
      let content = try PushContent(request, store, leased)
      try lease.protect(content.blobs.map(\.digest))
      return content
    }
  }
  let client = try reached { () throws(RegistryError) in try RegistryClient(place, access) }
  let sources = try stored { () throws(StoreError) in
    try mountSources(of: content.blobs, for: request.destination, in: store)
  }
  try BlobPush(place, access, store, sources, request.progress).push(content.blobs)
  for descriptor in content.documents {
    let isTop = descriptor.digest == content.top.digest
    let reference =
      isTop ? ManifestReference(request.destination) : .digest(descriptor.digest)
    try checkInterruption()
    let bytes = try stored { () throws(StoreError) in try store.document(descriptor) }
    try reached { () throws(RegistryError) in
      try client.put(bytes, descriptor, as: reference)
    }
  }
  return PushedImage(descriptor: content.top, isPart: content.isPart)
}

extension RegistryClient {
  /// Puts a manifest; one about another is listed with that, whether the registry does it or not.
  func put(
    _ bytes: [UInt8],
    _ descriptor: Descriptor,
    as reference: ManifestReference,
  ) throws(RegistryError) {
    let isListed = try putManifest(bytes, descriptor, as: reference)
    guard !isListed, MediaType.isManifest(descriptor.mediaType) else { return }
    let manifest: Manifest
    do throws(DocumentError) {
      manifest = try Manifest(parsing: bytes)
    } catch {
      throw .protocolBroken(subject: "manifest \(descriptor.digest)", problem: "\(error)")
    }
    guard let subject = manifest.subject else { return }
    try addTaggedReferrer(descriptor.asReferrer(manifest), to: subject.digest)
  }
}

/// The documents and blobs of what is pushed.
private struct PushContent {
  let top: Descriptor
  let isPart: Bool
  /// Each after all that it speaks of.
  private(set) var documents: [Descriptor] = []
  private(set) var blobs: [Descriptor] = []

  init(
    _ request: PushRequest,
    _ store: ContentStore,
    _ leased: LeasedStore,
  ) throws(StoreError) {
    let found = try store.find(request.selector)
    let tree = try leased.tree(of: found)
    var present: [Descriptor] = []
    for manifest in tree.distinctManifests where try leased.documentIfPresent(manifest) != nil {
      present.append(manifest)
    }
    if let platform = request.platform {
      let image = try leased.image(below: found, for: platform)
      (top, isPart) = (image.descriptor, image.descriptor.digest != found.digest)
      present = [top]
    } else if present.count == 1, tree.distinctManifests.count > 1 {
      // Pulled for one platform only: that image goes, as a registry takes no index with holes.
      (top, isPart) = (present[0], true)
    } else {
      let missing = tree.manifests.first { manifest in
        !present.contains { $0.digest == manifest.digest }
      }
      if let missing { throw .missing(missing.digest) }
      (top, isPart) = (found, false)
    }
    for manifest in present {
      let content = try leased.manifest(manifest)
      documents.append(manifest)
      let layers = content.layers.filter {
        LayerFormat(mediaType: $0.mediaType)?.isDistributable ?? true
      }
      blobs += [content.configuration] + layers
    }
    if !isPart { documents += tree.indexes.reversed() }
  }
}

/// For each blob another repository of the registry that has it, as far as the names of the store tell.
private func mountSources(
  of blobs: [Descriptor],
  for destination: Reference,
  in store: ContentStore,
) throws(StoreError) -> [Digest: String] {
  let wanted = Set(blobs.map(\.digest))
  var sources: [Digest: String] = [:]
  for entry in try store.entries()
  where entry.reference.domain == destination.domain && entry.reference.path != destination.path {
    for digest in try store.blobs(below: entry.descriptor).intersection(wanted) {
      sources[digest] = entry.reference.path
    }
  }
  return sources
}

/// Sends blobs of the store to one repository, several at a time.
struct BlobPush: Sendable {
  private let place: RegistryPlace
  private let access: RegistryAccess
  private let store: ContentStore
  private let sources: [Digest: String]
  private let progress: any TransferProgress

  init(
    _ place: RegistryPlace,
    _ access: RegistryAccess,
    _ store: ContentStore,
    _ sources: [Digest: String],
    _ progress: any TransferProgress,
  ) {
    self.place = place
    self.access = access
    self.store = store
    self.sources = sources
    self.progress = progress
  }

  /// - Throws: the first failure.
  func push(_ blobs: [Descriptor]) throws(TransferError) {
    let queue = BlobQueue(blobs)
    guard queue.threadCount > 0 else { return }
    Workers.run(queue.threadCount) { _ in work(queue) }
    try queue.check()
  }

  private func work(_ queue: BlobQueue) {
    do throws(TransferError) {
      let client = try reached { () throws(RegistryError) in try RegistryClient(place, access) }
      while let item = queue.next() {
        try checkInterruption()
        try send(item.blob, client)
        queue.finish()
      }
    } catch {
      queue.fail(error)
    }
  }

  private func send(_ blob: Descriptor, _ client: RegistryClient) throws(TransferError) {
    progress.begin(blob, done: 0)
    do throws(TransferError) {
      progress.end(blob, try outcome(of: blob, client))
    } catch {
      progress.end(blob, .stopped)
      throw error
    }
  }

  private func outcome(
    of blob: Descriptor,
    _ client: RegistryClient,
  ) throws(TransferError) -> BlobOutcome {
    let isThere = try reached { () throws(RegistryError) in try client.hasBlob(blob) }
    guard !isThere else { return .present }
    let file = try stored { () throws(StoreError) in try store.openBlob(blob) }
    defer { withExtendedLifetime(file) {} }
    let record = try stored { () throws(StoreError) in
      try StoredUpload(blob.digest, to: place, in: store)
    }
    let sent = try reached { () throws(RegistryError) in
      let source = UploadSource(file: file.raw) { progress.advance(blob, by: $0) }
      return try client.uploadBlob(
        blob,
        from: source,
        mountingFrom: sources[blob.digest],
        record: record,
      )
    }
    return switch sent {
    case .mounted: .mounted
    case .sent: .uploaded
    }
  }
}
