package import ContentStore
import HostProcess
package import ImageSpec
import Layers
import RootedFiles

/// What to verify, and what to do about damage.
package struct VerifyRequest {
  /// Nil for the whole store.
  package let selectors: [ImageSelector]?
  package let isRepairing: Bool
  /// Brings a blob anew, for instance from the registry of one of the names; false when it can't.
  package let refetch: (Descriptor, [Reference]) -> Bool
  package let progress: (Int64) -> Void

  package init(
    selectors: [ImageSelector]?,
    isRepairing: Bool,
    refetch: @escaping (Descriptor, [Reference]) -> Bool,
    progress: @escaping (Int64) -> Void,
  ) {
    self.selectors = selectors
    self.isRepairing = isRepairing
    self.refetch = refetch
    self.progress = progress
  }
}

/// Something that is not as it should be.
package struct Finding: Sendable, Equatable {
  package enum Repair: String, Sendable {
    case none
    case dropped
    case refetched
  }

  /// The blob it is about.
  package let digest: Digest
  /// The images that suffer, by their first names or digests.
  package fileprivate(set) var images: [String]
  package let problem: String
  package fileprivate(set) var repair = Repair.none
}

/// What a verification has seen.
package struct VerifyOutcome: Sendable {
  package fileprivate(set) var findings: [Finding] = []
  package fileprivate(set) var images = 0
  package fileprivate(set) var blobs = 0
  package fileprivate(set) var bytes: Int64 = 0
}

/// Checks every digest, size, diff ID and reference of images, or of a whole store.
///
/// Not being there is no damage where images may be left out: entries of an index for other
/// platforms, layers that only their owner hands out, and what other tools keep in the store.
/// - Throws: when the store itself can't be read, or a selector points nowhere.
package func verify(
  _ request: VerifyRequest,
  _ store: ContentStore,
) throws(StoreError) -> VerifyOutcome {
  var verification = try Verification(request, store)
  if let selectors = request.selectors {
    for selector in selectors {
      try verification.check { () throws(StoreError) in try store.find(selector) }
    }
  } else {
    var seen: Set<Digest> = []
    for top in try store.indexedDescriptors() where seen.insert(top.digest).inserted {
      try verification.check { () throws(StoreError) in
        try store.indexedDescriptors().first { $0.digest == top.digest }
      }
    }
    try verification.checkRest()
  }
  return verification.outcome
}

private struct Verification {
  let request: VerifyRequest
  let store: ContentStore
  let lease: Lease
  let leased: LeasedStore
  let names: [Digest: [Reference]]
  var outcome = VerifyOutcome()
  /// Blobs whose digest was checked, and layers whose diff ID was.
  var checked: Set<Digest> = []
  private var checkedLayers: Set<[Digest]> = []
  /// What is to be repaired, with the place of its finding and the names of its image.
  private var damaged: [(finding: Int, blob: Descriptor, references: [Reference])] = []

  init(_ request: VerifyRequest, _ store: ContentStore) throws(StoreError) {
    self.request = request
    self.store = store
    lease = try Lease(store)
    leased = LeasedStore(store, lease)
    names = Dictionary(grouping: try store.entries(), by: \.descriptor.digest)
      .mapValues { $0.map(\.reference) }
  }

  /// Checks an image, if there is one, until what is found is not what a removal beside us does,
  /// and repairs that.
  ///
  /// An image that goes and comes back while it is looked at is missing a blob for a moment. So
  /// beside changes of the index only that counts which is found twice: what has come back by then
  /// our lease has kept.
  mutating func check(_ find: () throws(StoreError) -> Descriptor?) throws(StoreError) {
    let before = (outcome, checked, checkedLayers)
    var earlier: [Finding] = []
    _ = try store.settled(isCertain: { $0 }) { () throws(StoreError) in
      (outcome, checked, checkedLayers) = before
      damaged = []
      if let top = try find() { try check(top) }
      let found = Array(outcome.findings.dropFirst(before.0.findings.count))
      defer { earlier = found }
      return found.isEmpty || found == earlier
    }
    guard !damaged.isEmpty else { return }
    guard try find() != nil else {
      // Nobody wants what an image has lost that is gone itself.
      (outcome, checked, checkedLayers) = before
      return
    }
    try repair()
  }

  private mutating func check(_ top: Descriptor) throws(StoreError) {
    guard MediaType.isIndex(top.mediaType) || MediaType.isManifest(top.mediaType) else {
      // Whatever it is, its digest must be right.
      if try isPresent(top) { try checkBlob(top, of: top) }
      return
    }
    // What another process has just removed is no damage.
    let isStanding = try isPresent(top) ? true : isIndexed(top)
    guard isStanding else { return }
    outcome.images += 1
    let tree = try attempt(top, of: top) { (store) throws(StoreError) in try store.tree(of: top) }
    guard let tree else { return }
    for index in tree.indexes { count(index) }
    var present = 0
    for descriptor in tree.distinctManifests {
      let isHere = descriptor == top ? true : try isPresent(descriptor)
      guard isHere else { continue }
      present += 1
      try checkManifest(descriptor, of: top)
    }
    guard present == 0, try isIndexed(top) else { return }
    try add("no image of this index is there", isDamage: false, top, of: top)
  }

  /// Blobs that no image needs.
  mutating func checkRest() throws(StoreError) {
    for blob in try store.storedBlobs() where !checked.contains(blob.digest) {
      let descriptor = blob.descriptor
      // One that is gone by now was not needed.
      if try isPresent(descriptor) { try checkBlob(descriptor, of: nil) }
    }
    try repair()
  }

  private func isIndexed(_ top: Descriptor) throws(StoreError) -> Bool {
    try store.indexedDescriptors().contains { $0.digest == top.digest }
  }

  private func isPresent(_ descriptor: Descriptor) throws(StoreError) -> Bool {
    try lease.protect([descriptor.digest])
    return try store.blobSize(descriptor.digest) != nil
  }

  /// A layer that only its urls may hand out may be missing.
  private func mustBeThere(_ layer: Descriptor) throws(StoreError) -> Bool {
    let isOurs = LayerFormat(mediaType: layer.mediaType)?.isDistributable != false
    return try isPresent(layer) ? true : isOurs
  }

  private mutating func checkManifest(
    _ descriptor: Descriptor,
    of top: Descriptor,
  ) throws(StoreError) {
    let manifest = try attempt(descriptor, of: top) { (store) throws(StoreError) in
      try store.manifest(descriptor)
    }
    guard let manifest else { return }
    count(descriptor)
    let configuration = manifest.configuration
    guard MediaType.isConfiguration(configuration.mediaType) else {
      for blob in manifest.blobs { try checkBlob(blob, of: top) }
      return
    }
    let image = try attempt(configuration, of: top) { (store) throws(StoreError) in
      try store.image(descriptor, top: top)
    }
    if image != nil { count(configuration) }
    for (number, layer) in manifest.layers.enumerated() {
      // Without diff IDs the layers still have digests.
      if let image {
        try checkLayer(layer, image.configuration.diffIDs[number], of: top)
      } else if try mustBeThere(layer) {
        try checkBlob(layer, of: top)
      }
    }
  }

  private mutating func checkLayer(
    _ layer: Descriptor,
    _ diffID: Digest,
    of top: Descriptor,
  ) throws(StoreError) {
    guard let format = LayerFormat(mediaType: layer.mediaType) else {
      return try checkBlob(layer, of: top)
    }
    guard try mustBeThere(layer) else { return }
    guard checkedLayers.insert([layer.digest, diffID]).inserted else {
      return extendFindings(about: layer, to: top)
    }
    let file = try attempt(layer, of: top) { [store] _ throws(StoreError) in
      try store.openBlob(layer)
    }
    guard let file else { return }
    let source = LayerSource(
      blob: file,
      digest: layer.digest,
      size: layer.size,
      diffID: diffID,
      compression: format.compression,
    )
    count(layer)
    do throws(LayerError) {
      try verifyLayer(source, limits: .image) { count in
        request.progress(count)
        return !Interruption.isRequested
      }
    } catch {
      try stopIfInterrupted()
      try add("\(error.problem)", isDamage: error.isDamage, layer, of: top)
    }
  }

  private mutating func checkBlob(
    _ blob: Descriptor,
    of top: Descriptor?,
  ) throws(StoreError) {
    guard !checked.contains(blob.digest) else { return extendFindings(about: blob, to: top) }
    count(blob)
    try lease.protect([blob.digest])
    _ = try attempt(blob, of: top) { [store, request] _ throws(StoreError) in
      try store.checkBlob(blob, progress: request.progress)
    }
  }

  private mutating func count(_ blob: Descriptor) {
    guard checked.insert(blob.digest).inserted else { return }
    outcome.blobs += 1
    outcome.bytes += blob.size
  }

}

func stopIfInterrupted() throws(StoreError) {
  do throws(Interrupted) {
    try Interruption.check()
  } catch {
    throw .interrupted(error)
  }
}

extension Verification {
  /// Does something with a blob, and notes what is wrong with it.
  ///
  /// - Returns: nil when anything was.
  private mutating func attempt<Result: ~Copyable>(
    _ blob: Descriptor,
    of top: Descriptor?,
    _ body: (LeasedStore) throws(StoreError) -> Result,
  ) throws(StoreError) -> Result? {
    do throws(StoreError) {
      return try body(leased)
    } catch .file(let error) {
      throw .file(error)
    } catch .interrupted(let error) {
      throw .interrupted(error)
    } catch {
      let damaged = error.damagedBlob
      var culprit = blob
      if let damaged, damaged != blob.digest {
        // A document on the way to this one.
        let size = try store.blobSize(damaged) ?? 0
        culprit = Descriptor(mediaType: "application/octet-stream", digest: damaged, size: size)
      }
      try add(error.description, isDamage: damaged != nil, culprit, of: top)
      return nil
    }
  }

  private mutating func add(
    _ problem: String,
    isDamage: Bool,
    _ blob: Descriptor,
    of top: Descriptor?,
  ) throws(StoreError) {
    checked.insert(blob.digest)
    let references = top.flatMap { names[$0.digest] } ?? []
    if isDamage, request.isRepairing {
      damaged.append((outcome.findings.count, blob, references))
    }
    outcome.findings.append(
      Finding(digest: blob.digest, images: shownNames(of: top), problem: problem)
    )
  }

  /// Drops what is damaged and brings it anew, each blob once.
  private mutating func repair() throws(StoreError) {
    var repairs: [Digest: Finding.Repair] = [:]
    for (finding, blob, references) in damaged {
      if repairs[blob.digest] == nil {
        let isDropped = try store.dropDamagedBlob(blob)
        let isFetched = request.refetch(blob, references)
        repairs[blob.digest] = isFetched ? .refetched : isDropped ? .dropped : Finding.Repair.none
      }
      outcome.findings[finding].repair = repairs[blob.digest] ?? .none
    }
    damaged = []
  }

  /// One more image suffers from what was found already.
  private mutating func extendFindings(about blob: Descriptor, to top: Descriptor?) {
    for index in outcome.findings.indices where outcome.findings[index].digest == blob.digest {
      for name in shownNames(of: top) where !outcome.findings[index].images.contains(name) {
        outcome.findings[index].images.append(name)
      }
    }
  }

  private func shownNames(of top: Descriptor?) -> [String] {
    guard let top else { return [] }
    guard let references = names[top.digest] else { return [top.digest.short] }
    return references.map(\.short)
  }
}

extension StoreError {
  /// The blob whose bytes are not there, or not the right ones.
  fileprivate var damagedBlob: Digest? {
    switch self {
    case .missing(let digest), .wrongSize(let digest, _, _), .wrongContent(let digest),
      .wrongDigest(let digest, _):
      digest
    default: nil
    }
  }
}

extension LayerError {
  /// Whether the blob itself is at fault, and not who made it.
  fileprivate var isDamage: Bool {
    switch problem {
    case .wrongSize, .wrongDigest, .blobUnreadable: true
    default: false
    }
  }
}
