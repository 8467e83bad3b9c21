package import ImageSpec
import RootedFiles

/// What removing a name did.
package struct RemovalOutcome: Sendable {
  package let removedNames: [Reference]
  package let removedBlobs: Int
  package let removedBytes: Int64
  /// Another process uses blobs of the store: those without an image wait for the next removal.
  package let isPostponed: Bool
}

extension ContentStore {
  /// Takes a name away, or all names of a digest, then the blobs that no image needs any more.
  /// - Throws: `noSuchImage` when there is none.
  package func remove(_ selector: ImageSelector) throws(StoreError) -> RemovalOutcome {
    let removed = try updateIndex { (index) throws(StoreError) -> [Reference] in
      let doomed = try index.positions(of: selector)
      let names = doomed.compactMap { StoreEntry(index.manifests[$0])?.reference }
      for position in doomed.reversed() { index.manifests.remove(at: position) }
      return names
    }
    guard let lease = try lease(exclusive: true) else {
      return RemovalOutcome(
        removedNames: removed,
        removedBlobs: 0,
        removedBytes: 0,
        isPostponed: true,
      )
    }
    let (count, bytes) = try withExtendedLifetime(lease) { () throws(StoreError) in
      try removeUnreferencedBlobs()
    }
    return RemovalOutcome(
      removedNames: removed,
      removedBlobs: count,
      removedBytes: bytes,
      isPostponed: false,
    )
  }

  /// The caller holds the exclusive lease, so that no blob is about to be named.
  private func removeUnreferencedBlobs() throws(StoreError) -> (count: Int, bytes: Int64) {
    // The index stays as it is until the last blob is gone.
    let lock = try ContentStore.lock(path)
    defer { withExtendedLifetime(lock) {} }
    let needed = try referencedBlobs()
    var (count, bytes): (Int, Int64) = (0, 0)
    for algorithm in ["sha256", "sha512"] {
      guard let directory = try blobDirectory(algorithm, making: false) else { continue }
      try StoreError.wrapping { () throws(FileError) in
        for entry in try directory.entries() where entry.kind == .regular {
          let encoded = String(decoding: entry.name.bytes, as: UTF8.self)
          guard !needed.contains("\(algorithm):\(encoded)") else { continue }
          bytes += try directory.status(of: entry.name)?.size ?? 0
          count += 1
          try directory.unlink(entry.name)
        }
      }
    }
    return (count, bytes)
  }

  /// Every blob that an image of the index needs, as far as its documents can be read.
  private func referencedBlobs() throws(StoreError) -> Set<String> {
    var needed: Set<String> = []
    for top in try index().manifests {
      needed.insert(top.digest.description)
      guard let tree = try treeIfSound(top) else { continue }
      for descriptor in tree.indexes + tree.manifests {
        needed.insert(descriptor.digest.description)
      }
      for descriptor in tree.manifests {
        for blob in try blobsIfSound(descriptor) { needed.insert(blob.digest.description) }
      }
    }
    return needed
  }

  /// The blobs of a manifest; none of one that isn't there or can't be read.
  private func blobsIfSound(_ descriptor: Descriptor) throws(StoreError) -> [Descriptor] {
    guard let bytes = try documentIfSound(descriptor) else { return [] }
    do throws(DocumentError) {
      let manifest = try Manifest(parsing: bytes)
      return [manifest.configuration] + manifest.layers
    } catch {
      // A damaged manifest's image is lost: it needs no blobs.
      return []
    }
  }

  private func documentIfSound(_ descriptor: Descriptor) throws(StoreError) -> [UInt8]? {
    do throws(StoreError) {
      return try documentIfPresent(descriptor)
    } catch .file(let error) {
      throw .file(error)
    } catch {
      return nil
    }
  }

  /// Removes what killed writers left behind: temporary places that nobody holds a lock on.
  ///
  /// The caller holds the lock on the index, which keeps writers of temporary files away.
  func removeLeftovers() throws(StoreError) {
    try StoreError.wrapping { () throws(FileError) in
      for entry in try directory.entries() where entry.name.isTemporary {
        guard let status = try directory.status(of: entry.name) else { continue }
        if status.kind == .directory {
          // Its writer may have ended and removed it just now.
          guard let place = try directory.openDirectoryIfPresent(entry.name) else { continue }
          guard try place.descriptor.lock(exclusive: true, waiting: false) else { continue }
        }
        try directory.removeTree(entry.name)
      }
    }
  }
}

extension Index {
  fileprivate func positions(of selector: ImageSelector) throws(StoreError) -> [Int] {
    let found = manifests.indices.filter { position in
      switch selector {
      case .reference(let reference):
        StoreEntry(manifests[position]).map { $0.reference == reference } ?? false
      case .digest(let prefix):
        manifests[position].digest.description.hasPrefix(prefix)
      }
    }
    guard !found.isEmpty else { throw .noSuchImage(selector.description) }
    let digests = Set(found.map { manifests[$0].digest })
    guard digests.count == 1 else {
      throw .ambiguous(selector.description, digests.sorted { $0.encoded < $1.encoded })
    }
    return found
  }
}
