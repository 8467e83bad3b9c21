package import ContentStore
package import ImageSpec

/// What to prune.
package struct PruneRequest: Sendable {
  /// Whether images go that have names.
  package let includesNamed: Bool
  /// Only what has been in the store for longer than this many seconds.
  package let minimumAge: Int64
  package let now: Int64
  package let isDryRun: Bool

  package init(includesNamed: Bool, minimumAge: Int64, now: Int64, isDryRun: Bool) {
    self.includesNamed = includesNamed
    self.minimumAge = minimumAge
    self.now = now
    self.isDryRun = isDryRun
  }
}

/// What went, or would go.
package struct PruneOutcome: Sendable {
  package let removedNames: [Reference]
  /// Images without a name.
  package let removedImages: [Digest]
  package let swept: SweepOutcome
  package let partial: [PartialBlob]
}

/// Removes images without a name, or all, then blobs that nothing needs and partial blobs that
/// nobody is writing.
/// - Throws: when the store can't be read or written.
package func prune(
  _ request: PruneRequest,
  _ store: ContentStore,
) throws(StoreError) -> PruneOutcome {
  let latest = request.now - request.minimumAge
  var doomed: [Descriptor] = []
  for descriptor in try store.indexedDescriptors()
  where descriptor.isNameless || (request.includesNamed && StoreEntry(descriptor) != nil) {
    // Of a blob that is not there nothing is known; its entry is of no use.
    let stored = try store.storedTime(descriptor.digest) ?? .min
    if stored <= latest { doomed.append(descriptor) }
  }
  // What an upload would go on from: without it, it begins anew.
  if !request.isDryRun, request.minimumAge == 0 { try store.pruneNotes() }
  let references = doomed.compactMap { StoreEntry($0)?.reference }
  let nameless = doomed.filter(\.isNameless).map(\.digest)
  return PruneOutcome(
    removedNames: references,
    removedImages: nameless,
    swept: try store.prune(doomed, storedBefore: latest, isDryRun: request.isDryRun),
    partial: try store.prunePartialBlobs(storedBefore: latest, isDryRun: request.isDryRun),
  )
}
