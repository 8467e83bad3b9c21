package import ContentStore
import ImageSpec

/// What a store holds of each kind.
package struct DiskUse: Sendable {
  package struct Part: Sendable {
    package var count = 0
    package var bytes: Int64 = 0
    /// What a prune would free of it.
    package var reclaimable: Int64 = 0

    fileprivate mutating func add(_ bytes: Int64, isReclaimable: Bool) {
      count += 1
      self.bytes += bytes
      if isReclaimable { reclaimable += bytes }
    }
  }

  package private(set) var images = Part()
  package private(set) var layers = Part()
  package private(set) var documents = Part()
  package private(set) var unused = Part()
  package private(set) var partial = Part()

  /// - Throws: when the store can't be read.
  package init(_ store: ContentStore) throws(StoreError) {
    let survey = try Survey(store)
    var named: Set<Digest> = []
    var known: Set<Digest> = []
    var layers: Set<Digest> = []
    for image in survey.images {
      layers.formUnion(image.layers.keys)
      known.formUnion(image.layers.keys)
      known.formUnion(image.documents.keys)
      if !image.references.isEmpty {
        named.formUnion(image.layers.keys)
        named.formUnion(image.documents.keys)
      }
      images.add(0, isReclaimable: false)
    }
    let needed = try store.neededBlobs()
    for blob in try store.storedBlobs() {
      guard needed.contains(blob.digest) else {
        unused.add(blob.size, isReclaimable: true)
        continue
      }
      let isNameless = known.contains(blob.digest) && !named.contains(blob.digest)
      if layers.contains(blob.digest) {
        self.layers.add(blob.size, isReclaimable: isNameless)
      } else {
        documents.add(blob.size, isReclaimable: isNameless)
      }
    }
    for blob in try store.partialBlobs() { partial.add(blob.size, isReclaimable: !blob.isInUse) }
    images.bytes = self.layers.bytes + documents.bytes
    images.reclaimable = self.layers.reclaimable + documents.reclaimable
  }
}
