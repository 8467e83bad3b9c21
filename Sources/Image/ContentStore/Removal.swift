package import ImageSpec
import RootedFiles

/// What removing names did.
package struct RemovalOutcome: Sendable {
  package let removedNames: [Reference]
  package let swept: SweepOutcome
}

extension ContentStore {
  /// Takes a name away, or all names of a digest, and with the last name the blobs that no other
  /// image needs.
  ///
  /// Blobs that no image ever needed, such as those of a pull that was cut short, are left to
  /// pruning.
  /// - Throws: `noSuchImage` when there is none.
  package func remove(_ selector: ImageSelector) throws(StoreError) -> RemovalOutcome {
    try removeLeftovers()
    let (names, tops) = try updateIndex { (index) throws(StoreError) in
      let doomed = try positions(of: selector, in: index)
      let names = doomed.compactMap { StoreEntry(index.manifests[$0])?.reference }
      let tops = doomed.map { index.manifests[$0] }
      for position in doomed.reversed() { index.manifests.remove(at: position) }
      return (names, tops)
    }
    var candidates: Set<Digest> = []
    for top in tops { candidates.formUnion(try blobs(below: top)) }
    let swept = try sweep(.only(candidates), isDryRun: false)
    return RemovalOutcome(removedNames: names, swept: swept)
  }

  private func positions(
    of selector: ImageSelector,
    in index: Index,
  ) throws(StoreError) -> [Int] {
    let found: [Int]
    switch selector {
    case .reference(let reference):
      found = index.manifests.indices.filter {
        StoreEntry(index.manifests[$0])?.reference == reference
      }
    case .digest(let prefix):
      found = index.manifests.indices.filter {
        index.manifests[$0].digest.description.hasPrefix(prefix)
      }
    }
    guard !found.isEmpty else { throw .noSuchImage(selector.description) }
    let digests = Set(found.map { index.manifests[$0].digest })
    guard digests.count == 1 else {
      throw .ambiguous(selector.description, digests.sorted { $0.encoded < $1.encoded })
    }
    return found
  }
}
