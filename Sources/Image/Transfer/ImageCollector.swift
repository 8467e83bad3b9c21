import ContentStore
import ImageSpec

/// Gathers every blob that images need, and checks that nothing is missing or contradictory.
struct ImageCollector {
  /// The platforms to be collected; none for all.
  let platforms: [Platform]
  /// What has to be committed.
  private(set) var needed: Set<Digest> = []
  /// Blobs that were obtained, with the sizes that they have: many images stand on the same ones,
  /// and looking again is reading again.
  private(set) var obtained: [Digest: Int64] = [:]

  /// Gathers an image, for all platforms that the source has it for.
  ///
  /// An index may lack the images of some platforms; one has to be whole.
  mutating func collect(
    _ top: Descriptor,
    from source: borrowing BlobSource,
    into staging: inout Staging,
  ) throws(TransferError) {
    var images = 0
    var pending: [(descriptor: Descriptor, depth: Int)] = [(top, 0)]
    while let (descriptor, depth) = pending.popLast() {
      let isIndex = MediaType.isIndex(descriptor.mediaType)
      guard isIndex || MediaType.isManifest(descriptor.mediaType) else { continue }
      guard depth == 0 || isWanted(descriptor.platform) else { continue }
      guard needed.insert(descriptor.digest).inserted else {
        images += 1
        continue
      }
      guard try source.obtain(descriptor, into: &staging) else {
        guard depth > 0 else { throw .store(.missing(descriptor.digest)) }
        needed.remove(descriptor.digest)
        continue
      }
      if isIndex {
        guard depth < 8 else { throw .store(.nestedTooDeep(descriptor.digest)) }
        let index = try stored(staging) { (staging) throws(StoreError) in
          try staging.index(descriptor)
        }
        pending += index?.manifests.map { ($0, depth + 1) } ?? []
      } else if try collectManifest(descriptor, from: source, into: &staging) {
        images += 1
      }
    }
    guard images > 0 else {
      if let wanted = platforms.first { throw .store(.noPlatform(wanted: wanted, offered: [])) }
      throw .document(name: top.digest.description, problem: "no image of this index is there")
    }
  }

  /// What does not name its platform is taken along.
  private func isWanted(_ platform: Platform?) -> Bool {
    guard let platform, !platforms.isEmpty else { return true }
    return platforms.contains { $0.accepts(platform) }
  }

  /// - Returns: whether it is an image's manifest and not that of some other artifact.
  private mutating func collectManifest(
    _ descriptor: Descriptor,
    from source: borrowing BlobSource,
    into staging: inout Staging,
  ) throws(TransferError) -> Bool {
    let manifest = try stored(staging) { (staging) throws(StoreError) in
      try staging.manifest(descriptor)
    }
    for blob in [manifest.configuration] + manifest.layers where obtained[blob.digest] != blob.size
    {
      guard try source.obtain(blob, into: &staging) else {
        // Who made the image may not hand such a layer out: it is fetched from its urls, if at all.
        guard LayerFormat(mediaType: blob.mediaType)?.isDistributable == false else {
          throw .store(.missing(blob.digest))
        }
        continue
      }
      needed.insert(blob.digest)
      obtained[blob.digest] = blob.size
    }
    guard MediaType.isConfiguration(manifest.configuration.mediaType) else { return false }
    _ = try stored(staging) { (staging) throws(StoreError) in
      try staging.image(descriptor, top: descriptor)
    }
    return true
  }
}

func stored<Result>(
  _ staging: borrowing Staging,
  _ body: (borrowing Staging) throws(StoreError) -> Result,
) throws(TransferError) -> Result {
  do throws(StoreError) {
    return try body(staging)
  } catch {
    throw .store(error)
  }
}
