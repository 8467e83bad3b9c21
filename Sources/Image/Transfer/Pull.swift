package import ContentStore
import HostProcess
package import ImageSpec
package import Registry
package import Signatures

/// Which images of an index are meant.
package enum PlatformChoice: Sendable {
  /// The first that runs on this machine.
  case host
  /// The first for each of these.
  case some([Platform])
  case all
}

/// What to pull.
package struct PullRequest: Sendable {
  package let reference: Reference
  package let platforms: PlatformChoice
  /// Who may come in; nil for everybody.
  package let policy: SignaturePolicy?
  package let progress: any TransferProgress
  /// The name to be given; nil for the one by which it is asked for.
  var name: Reference?
  /// Which of the layers have to be fetched at all; nil for all.
  var needed: (@Sendable ([Descriptor]) throws(TransferError) -> [Descriptor])?
  /// Whether layers that their owner alone hands out are fetched from him.
  package var includesForeign = false
  /// Told of the layers while they come.
  package var arrivals: LayerArrivals?

  package init(
    _ reference: Reference,
    platforms: PlatformChoice,
    policy: SignaturePolicy?,
    progress: any TransferProgress,
  ) {
    self.policy = policy
    self.reference = reference
    self.platforms = platforms
    self.progress = progress
  }

  /// A name with a digest alone is kept as it is: nothing else would keep the image.
  fileprivate var givenName: Reference {
    let wanted = name ?? reference
    return wanted.tag == nil ? wanted : wanted.withoutDigest
  }
}

/// What a pull has brought.
package struct PulledImage: Sendable {
  package let descriptor: Descriptor
  /// What the name stood for before, if it was another.
  package let replaced: Digest?
}

/// Pulls an image into the store, under its name when it is whole.
///
/// Blobs that are there are not fetched; what breaks off is kept and continued, by this run or by a
/// later one; of several processes that want the same blob one fetches it.
/// - Throws: when no mirror and not the registry itself has it all.
package func pull(
  _ request: PullRequest,
  _ access: RegistryAccess,
  into store: ContentStore,
) throws(TransferError) -> PulledImage {
  // What may not come in at all is not even asked for.
  _ = try allowed { () throws(PolicyError) in
    try request.policy?.needsSignatures(request.reference)
  }
  let lease = try stored { () throws(StoreError) in try Lease(store) }
  defer { withExtendedLifetime(lease) {} }
  let places = try reached { () throws(RegistryError) in
    try access.places(of: request.reference, forPulling: true)
  }
  let top = try fromFirst(of: places) { (place) throws(TransferError) in
    var pulling = try Pulling(request, place, access, store, lease)
    return try pulling.run()
  }
  try checkInterruption()
  let replaced = try stored { () throws(StoreError) in
    try store.setNames([(request.givenName, top)])
  }
  return PulledImage(descriptor: top, replaced: replaced.first ?? nil)
}

/// Tries the places one after the other.
func fromFirst<Result>(
  of places: [RegistryPlace],
  _ body: (RegistryPlace) throws(TransferError) -> Result,
) throws(TransferError) -> Result {
  var problems: [String] = []
  for (number, place) in places.enumerated() {
    do throws(TransferError) {
      return try body(place)
    } catch .registry(let error) where number < places.count - 1 {
      problems.append("\(error)")
    } catch .registry(let error) where !problems.isEmpty {
      throw .registry(.allFailed(problems + ["\(error)"]))
    }
  }
  throw .names(problem: "registries.conf leaves no place to look")
}

/// One image on its way from one place.
struct Pulling {
  private let request: PullRequest
  private let place: RegistryPlace
  private let access: RegistryAccess
  private let store: ContentStore
  private let lease: Lease
  private let client: RegistryClient
  private var configurations: [Descriptor] = []
  private var layers: [Descriptor] = []
  private var images: [Descriptor] = []
  private var added: Set<Digest> = []

  init(
    _ request: PullRequest,
    _ place: RegistryPlace,
    _ access: RegistryAccess,
    _ store: ContentStore,
    _ lease: Lease,
  ) throws(TransferError) {
    self.request = request
    self.place = place
    self.access = access
    self.store = store
    self.lease = lease
    client = try reached { () throws(RegistryError) in try RegistryClient(place, access) }
  }

  /// - Returns: what the name stands for.
  mutating func run() throws(TransferError) -> Descriptor {
    let fetched = try reached { () throws(RegistryError) in
      try client.manifest(ManifestReference(request.reference))
    }
    try lease.keep(fetched)
    try choose(below: fetched.descriptor)
    try request.policy?.check(fetched.descriptor, images, request.reference, client)
    var transfer = BlobFetch(place, access, lease, request.progress)
    let needed = request.needed ?? { layers in layers }
    if let arrivals = request.arrivals {
      // Whoever reads along begins with the configuration.
      try transfer.fetch(configurations)
      configurations = []
      transfer.arrivals = arrivals
      arrivals.announce(fetched.descriptor, layers)
    }
    try transfer.fetch(configurations + (try needed(layers)))
    // Manifest and configuration of each image fit together, or the name is not given.
    for image in images {
      _ = try stored { () throws(StoreError) in
        try LeasedStore(store, lease).image(image, top: fetched.descriptor)
      }
    }
    return fetched.descriptor
  }

  /// Fetches a document that a descriptor speaks of, unless it is there.
  private func obtain(_ descriptor: Descriptor) throws(TransferError) {
    guard descriptor.size <= DocumentLimit.bytes else {
      throw .store(
        .tooLarge(descriptor.digest, size: descriptor.size, limit: DocumentLimit.bytes)
      )
    }
    let isThere = try stored { () throws(StoreError) in
      try lease.protect([descriptor.digest])
      return try store.blobSize(descriptor.digest) == descriptor.size
    }
    guard !isThere else { return }
    let fetched = try reached { () throws(RegistryError) in
      try client.manifest(.digest(descriptor.digest))
    }
    guard fetched.descriptor.size == descriptor.size else {
      throw .store(
        .wrongSize(
          descriptor.digest,
          expected: descriptor.size,
          found: fetched.descriptor.size,
        )
      )
    }
    try lease.keep(fetched)
  }

  /// Finds the images that are wanted, fetching the documents on the way.
  private mutating func choose(below top: Descriptor) throws(TransferError) {
    guard MediaType.isIndex(top.mediaType) else {
      guard MediaType.isManifest(top.mediaType) else {
        throw .store(.unknownMediaType(top.digest, top.mediaType))
      }
      return try chooseOnly(top)
    }
    var offered: [Descriptor] = []
    var met: Set<Digest> = []
    try collect(below: top, depth: 0, &offered, &met)
    switch request.platforms {
    case .all:
      for descriptor in offered { try add(descriptor) }
    case .host: try add(try first(for: .host, of: offered))
    case .some(let platforms):
      for platform in platforms { try add(try first(for: platform, of: offered)) }
    }
  }

  /// A single manifest is what was asked for, unless another platform was asked for by name.
  private mutating func chooseOnly(_ manifest: Descriptor) throws(TransferError) {
    if case .some(let platforms) = request.platforms {
      for platform in platforms { _ = try first(for: platform, of: [manifest]) }
    }
    try add(manifest)
  }

  /// All manifests below an index in their order.
  ///
  /// An index met again adds no image, but its entries would multiply with every level.
  private func collect(
    below index: Descriptor,
    depth: Int,
    _ offered: inout [Descriptor],
    _ met: inout Set<Digest>,
  ) throws(TransferError) {
    guard depth < 8, met.count < 1000 else { throw .store(.nestedTooDeep(index.digest)) }
    guard met.insert(index.digest).inserted else { return }
    try checkInterruption()
    try obtain(index)
    let found = try stored { () throws(StoreError) in try store.index(index) }
    for entry in found?.manifests ?? [] {
      guard offered.count < 10_000 else { throw .store(.nestedTooDeep(index.digest)) }
      if MediaType.isManifest(entry.mediaType) {
        offered.append(entry)
      } else if MediaType.isIndex(entry.mediaType) {
        try collect(below: entry, depth: depth + 1, &offered, &met)
      }
    }
  }

  private func first(
    for platform: Platform,
    of offered: [Descriptor],
  ) throws(TransferError) -> Descriptor {
    var seen: [Platform] = []
    var judged: Set<Digest> = []
    for descriptor in offered {
      if descriptor.platform == nil, !judged.insert(descriptor.digest).inserted { continue }
      try checkInterruption()
      var found = descriptor.platform
      if found == nil { found = try statedPlatform(descriptor) }
      guard let found else { continue }
      if platform.accepts(found) { return descriptor }
      seen.append(found)
    }
    throw .store(.noPlatform(wanted: platform, offered: seen))
  }

  /// The platform in an image's configuration, where its descriptor names none.
  private func statedPlatform(_ descriptor: Descriptor) throws(TransferError) -> Platform? {
    try obtain(descriptor)
    let manifest = try stored { () throws(StoreError) in try store.manifest(descriptor) }
    guard MediaType.isConfiguration(manifest.configuration.mediaType) else { return nil }
    let fetch = BlobFetch(place, access, lease, request.progress)
    try fetch.fetch([manifest.configuration])
    return try stored { () throws(StoreError) in
      try store.image(descriptor, top: descriptor).configuration.platform
    }
  }

  /// Notes an image and the blobs that it needs, once for however many entries speak of it.
  private mutating func add(_ descriptor: Descriptor) throws(TransferError) {
    guard added.insert(descriptor.digest).inserted else { return }
    try checkInterruption()
    try obtain(descriptor)
    let manifest = try stored { () throws(StoreError) in try store.manifest(descriptor) }
    configurations.append(manifest.configuration)
    // Who made the image may not hand out the others: their urls are followed on request only.
    layers += manifest.layers.filter {
      request.includesForeign || LayerFormat(mediaType: $0.mediaType)?.isDistributable ?? true
    }
    if MediaType.isConfiguration(manifest.configuration.mediaType) { images.append(descriptor) }
  }
}
