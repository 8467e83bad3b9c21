package import ImageSpec
import RootedFiles

/// What a sweep has removed, or would remove.
package struct SweepOutcome: Sendable {
  package var blobs: [StoredBlob] = []
  /// Somebody holds all blobs of the store: what has no image waits for the next sweep.
  package var isPostponed = false

  package var bytes: Int64 { blobs.reduce(0) { $0 + $1.size } }

  static func + (earlier: SweepOutcome, later: SweepOutcome) -> SweepOutcome {
    SweepOutcome(
      blobs: earlier.blobs + later.blobs,
      isPostponed: earlier.isPostponed || later.isPostponed,
    )
  }
}

/// A blob as it lies in the store.
package struct StoredBlob: Sendable {
  package let digest: Digest
  package let size: Int64
  /// When it was written, in seconds since the epoch.
  package let modified: Int64

  /// Of content that nothing is known of.
  package var descriptor: Descriptor {
    Descriptor(mediaType: "application/octet-stream", digest: digest, size: size)
  }

  fileprivate init(digest: Digest, _ status: FileStatus) {
    self.digest = digest
    size = status.size
    modified = status.modified.seconds
  }
}

/// Which blobs a sweep looks at.
enum SweepCandidates {
  case storedBefore(Int64)
  case only(Set<Digest>)
}

extension ContentStore {
  /// Removes blobs that no image needs and nobody holds a lease on.
  ///
  /// What images need is found out at leisure; then, behind the gate, leases are read, the images
  /// that came meanwhile are added, and the doomed blobs are moved to a place of ours, which takes
  /// no time worth mentioning. They are removed when the gate is open again.
  func sweep(
    _ candidates: SweepCandidates,
    without doomed: Set<IndexEntry> = [],
    isDryRun: Bool,
  ) throws(StoreError) -> SweepOutcome {
    func standing() throws(StoreError) -> [Descriptor] {
      try index().manifests.filter { !doomed.contains(IndexEntry($0)) }
    }
    let version = indexVersion
    var needs = ImageNeeds()
    try needs.add(try standing(), of: self)
    let found = try storedBlobs(candidates).filter { !needs.contains($0.digest) }
    var outcome = SweepOutcome()
    guard !found.isEmpty else { return outcome }
    let trash: Trash? = isDryRun ? nil : try Trash(self)
    guard let gate = try gate(exclusive: true, within: .milliseconds(500)) else {
      outcome.isPostponed = true
      return outcome
    }
    // In this order: who leases a blob names it in the index before the lease ends.
    let leased = try leasedBlobs()
    // A damaged document may have come anew without a change of the index.
    if needs.hasDamage || indexVersion != version {
      try needs.add(try standing(), of: self)
    }
    for blob in found
    where !needs.contains(blob.digest) && !leased.contains(blob.digest.description) {
      let isGone = try trash?.take(blob.digest) == false
      if !isGone { outcome.blobs.append(blob) }
    }
    withExtendedLifetime(gate) {}
    return outcome
  }

  /// The blobs that are there, of those that are asked for.
  func storedBlobs(_ candidates: SweepCandidates) throws(StoreError) -> [StoredBlob] {
    switch candidates {
    case .only(let digests):
      var found: [StoredBlob] = []
      for digest in digests {
        guard let status = try blobStatus(digest) else { continue }
        found.append(StoredBlob(digest: digest, status))
      }
      return found.sorted { $0.digest.encoded < $1.digest.encoded }
    case .storedBefore(let latest): return try storedBlobs().filter { $0.modified <= latest }
    }
  }

  /// All blobs, by their digest; files with other names are not ours.
  package func storedBlobs() throws(StoreError) -> [StoredBlob] {
    var found: [StoredBlob] = []
    for algorithm in ["sha256", "sha512"] {
      guard let directory = try blobDirectory(algorithm, making: false) else { continue }
      let entries = try StoreError.wrapping { () throws(FileError) in try directory.entries() }
      for entry in entries {
        guard let digest = Digest(algorithm, fileName: entry.name) else { continue }
        let status = try StoreError.wrapping { () throws(FileError) in
          try directory.status(of: entry.name)
        }
        guard let status, status.kind == .regular else { continue }
        found.append(StoredBlob(digest: digest, status))
      }
    }
    return found.sorted { $0.digest.encoded < $1.digest.encoded }
  }

  /// All blobs that images of the index need, as far as their documents can be read.
  package func neededBlobs() throws(StoreError) -> Set<Digest> {
    var needs = ImageNeeds()
    try needs.add(try index().manifests, of: self)
    return needs.digests
  }

  /// All blobs that an image needs, itself included, as far as its documents can be read.
  package func blobs(below top: Descriptor) throws(StoreError) -> Set<Digest> {
    var needs = ImageNeeds()
    try needs.add([top], of: self)
    return needs.digests
  }
}

/// Every blob that images need, as far as their documents can be read.
struct ImageNeeds {
  private(set) var digests: Set<Digest> = []
  /// A document was there that could not be read, or an image's own was not.
  private(set) var hasDamage = false
  /// Images that nothing can be added to: each of their documents was read.
  private var done: Set<Digest> = []

  func contains(_ digest: Digest) -> Bool { digests.contains(digest) }

  /// Adds images; those that were read whole before are not looked at again.
  mutating func add(_ tops: [Descriptor], of store: ContentStore) throws(StoreError) {
    var met: Set<Digest> = []
    for top in tops where !done.contains(top.digest) && met.insert(top.digest).inserted {
      try checkInterruption()
      digests.insert(top.digest)
      if try add(below: top, of: store) { done.insert(top.digest) }
    }
  }

  /// - Returns: false where a document is missing that may still come, as with the image of another
  ///   platform.
  private mutating func add(
    below top: Descriptor,
    of store: ContentStore,
  ) throws(StoreError) -> Bool {
    guard let tree = try store.treeIfSound(top) else {
      hasDamage = true
      return false
    }
    digests.formUnion((tree.indexes + tree.manifests + tree.absentIndexes).map(\.digest))
    var isWhole = tree.absentIndexes.isEmpty
    for descriptor in tree.distinctManifests {
      // A damaged manifest's image is lost: it needs no blobs.
      guard let manifest = try store.manifestIfSound(descriptor) else {
        let isThere = try store.blobStatus(descriptor.digest) != nil
        hasDamage = hasDamage || isThere || descriptor.digest == top.digest
        isWhole = false
        continue
      }
      digests.formUnion(manifest.blobs.map(\.digest))
    }
    return isWhole
  }
}

extension Digest {
  /// The digest that a file in a directory of blobs stands for; nil when its name is none.
  init?(_ algorithm: String, fileName: FileName) {
    guard let encoded = String(validating: fileName.bytes, as: UTF8.self) else { return nil }
    do throws(DigestError) {
      try self.init(algorithm: algorithm, encoded: encoded)
    } catch {
      return nil
    }
  }
}
