package import ImageSpec
import RootedFiles

/// What removing names did.
package struct RemovalOutcome: Sendable {
  package let removedNames: [Reference]
  /// The images that had them, or had no name.
  package let removedDigests: [Digest]
  package let swept: SweepOutcome
}

/// Which names are to be removed.
package enum RemovalTarget: Sendable {
  /// One name, or all names of the image that a digest belongs to.
  case image(ImageSelector)
  /// All names of a repository, whatever their tags.
  case repository(Reference)
}

extension ContentStore {
  /// Takes a name away, or all names of a digest, and with the last name the blobs that no other
  /// image needs.
  ///
  /// Blobs that no image ever needed, such as those of a pull that was cut short, are left to
  /// pruning.
  /// - Throws: `noSuchImage` when there is none.
  package func remove(_ target: RemovalTarget) throws(StoreError) -> RemovalOutcome {
    try removeLeftovers()
    let doomed = try doomedEntries(target)
    return try remove { doomed.contains(IndexEntry($0)) }
  }

  /// Takes entries out of the index, then the blobs that only their images needed.
  func remove(where isDoomed: (Descriptor) -> Bool) throws(StoreError) -> RemovalOutcome {
    let (removed, early) = try removeEntries(where: isDoomed)
    var needs = ImageNeeds()
    try needs.add(removed, of: self)
    return RemovalOutcome(
      removedNames: removed.compactMap { StoreEntry($0)?.reference },
      removedDigests: sorted(Set(removed.map(\.digest))),
      swept: early + (try sweep(.only(needs.digests), isDryRun: false)),
    )
  }

  /// Takes entries out of the index.
  ///
  /// A full disk has no room for the next index, and who removes wants to make room: then the blobs
  /// go first that only these entries need.
  /// - Returns: the entries, and what went before them.
  private func removeEntries(
    where isDoomed: (Descriptor) -> Bool
  ) throws(StoreError) -> ([Descriptor], SweepOutcome) {
    func remove() throws(StoreError) -> [Descriptor] {
      try updateIndex { (index) throws(StoreError) in
        let removed = index.manifests.filter(isDoomed)
        index.manifests.removeAll(where: isDoomed)
        return removed
      }
    }
    do throws(StoreError) {
      return (try remove(), SweepOutcome())
    } catch .file(let error) where error.isOfFullDisk {
      let doomed = try index().manifests.filter(isDoomed)
      var needs = ImageNeeds()
      try needs.add(doomed, of: self)
      let early = try sweep(
        .only(needs.digests),
        without: Set(doomed.map(IndexEntry.init)),
        isDryRun: false,
      )
      return (try remove(), early)
    }
  }

  /// Takes entries out of the index, then all blobs that nothing needs.
  ///
  /// - Parameters:
  ///   - doomed: the entries.
  ///   - latest: blobs that were written later stay; in seconds since the epoch.
  ///   - isDryRun: whether to do neither, and only to find out what would go.
  /// - Returns: the blobs that went, or would go.
  /// - Throws: when the store can't be read or written.
  package func prune(
    _ doomed: [Descriptor],
    storedBefore latest: Int64,
    isDryRun: Bool,
  ) throws(StoreError) -> SweepOutcome {
    let entries = Set(doomed.map(IndexEntry.init))
    var early = SweepOutcome()
    if !isDryRun {
      try removeLeftovers()
      if !entries.isEmpty {
        early = try removeEntries { entries.contains(IndexEntry($0)) }.1
      }
    }
    // What is in the index again by now came back, and stays.
    let hidden = isDryRun ? entries : []
    return early + (try sweep(.storedBefore(latest), without: hidden, isDryRun: isDryRun))
  }

  private func doomedEntries(_ target: RemovalTarget) throws(StoreError) -> Set<IndexEntry> {
    let index = try index()
    switch target {
    case .repository(let reference):
      let entries = index.manifests.filter {
        StoreEntry($0)?.reference.isSameRepository(as: reference) ?? false
      }
      guard !entries.isEmpty else { throw .noSuchImage(reference.short) }
      return Set(entries.map(IndexEntry.init))
    case .image(let selector):
      let found = try matches(selector, in: index)
      guard !found.isEmpty else { throw .noSuchImage(selector.description) }
      let digests = Set(found.map(\.top.digest))
      guard digests.count == 1 else { throw .ambiguous(selector.description, sorted(digests)) }
      return Set(found.map { IndexEntry($0.top) })
    }
  }
}

/// What makes an entry of the index the same in its next version.
struct IndexEntry: Hashable {
  let name: String?
  let digest: Digest

  init(_ descriptor: Descriptor) {
    name = descriptor.annotation(Index.nameAnnotation)
    digest = descriptor.digest
  }
}
