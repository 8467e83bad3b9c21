package import ContentStore
package import ImageSpec
package import Registry

/// Brings one blob of images that are in the store anew, from the registry of one of their names.
///
/// Of a blob its digest counts; of a document the size may be unknown.
/// - Throws: when no registry has it.
package func refetch(
  _ blob: Descriptor,
  of references: [Reference],
  _ access: RegistryAccess,
  into store: ContentStore,
  _ progress: any TransferProgress,
) throws(TransferError) {
  var problem = TransferError.names(problem: "no image with a name needs it")
  for reference in references {
    do throws(TransferError) {
      let places = try reached { () throws(RegistryError) in
        try access.places(of: reference.withDigest(blob.digest), forPulling: true)
      }
      return try fromFirst(of: places) { (place) throws(TransferError) in
        try refetch(blob, place, access, store, progress)
      }
    } catch .interrupted(let error) {
      throw .interrupted(error)
    } catch {
      problem = error
    }
  }
  throw problem
}

private func refetch(
  _ blob: Descriptor,
  _ place: RegistryPlace,
  _ access: RegistryAccess,
  _ store: ContentStore,
  _ progress: any TransferProgress,
) throws(TransferError) {
  let lease = try stored { () throws(StoreError) in try Lease(store) }
  defer { withExtendedLifetime(lease) {} }
  if LayerFormat(mediaType: blob.mediaType) == nil,
    !MediaType.isConfiguration(blob.mediaType)
  {
    // A manifest or an index, or something of which nothing is known.
    let document: FetchedManifest?
    do throws(RegistryError) {
      document = try RegistryClient(place, access).manifest(.digest(blob.digest))
    } catch .notFound where blob.size > 0 {
      // Then it is an ordinary blob.
      document = nil
    } catch {
      throw TransferError(error)
    }
    if let document { return try lease.keep(document) }
  }
  try BlobFetch(place, access, lease, progress).fetch([blob])
}

extension Lease {
  /// Puts a document into the store.
  func keep(_ document: FetchedManifest) throws(TransferError) {
    try stored { () throws(StoreError) in
      switch try claim(document.descriptor, waiting: true) {
      case .present: break
      case .busy: preconditionFailure("it is waited for")
      case .claimed(var claim):
        if claim.heldBytes > 0 { try claim.restart() }
        try claim.write(document.bytes.span, at: 0)
        try claim.commit()
      }
    }
  }
}
