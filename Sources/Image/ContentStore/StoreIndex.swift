package import ImageSpec
import RootedFiles

/// One name in a store and the image that it stands for.
package struct StoreEntry: Sendable {
  package let reference: Reference
  package let descriptor: Descriptor
}

extension ContentStore {
  /// The index has all names of the store, some 140,000 of them, and not those of one image only.
  private static let indexLimit = 32 << 20

  /// The index as it stands; a reader needs no lock, as it is replaced in one step.
  func index() throws(StoreError) -> Index {
    let bytes = try StoreError.wrapping { () throws(FileError) in
      try directory.contents(of: try FileName(Layout.indexName), limit: ContentStore.indexLimit)
    }
    guard let bytes else { throw .notAStore(path: path) }
    do throws(DocumentError) {
      return try Index(parsing: bytes)
    } catch {
      throw .document(subject: Layout.indexName, error)
    }
  }

  /// All named images, by name.
  package func entries() throws(StoreError) -> [StoreEntry] {
    try index().manifests.compactMap(StoreEntry.init)
      .sorted { $0.reference.description < $1.reference.description }
  }

  /// All entries of the index, nameless ones and those of other tools too, in their order.
  package func indexedDescriptors() throws(StoreError) -> [Descriptor] {
    try index().manifests
  }

  /// Changes the index under its lock and replaces it.
  ///
  /// What is done `beforehand` happens when nothing but the replacement itself can fail any more.
  func updateIndex<Result>(
    beforehand: () throws(FileError) -> Void = {},
    _ change: (inout Index) throws(StoreError) -> Result,
  ) throws(StoreError) -> Result {
    let lock = try ContentStore.lock(path)
    var index = try index()
    let result = try change(&index)
    let text = index.document.compactText
    try StoreError.wrapping { () throws(FileError) in
      // What could not be read again would lock everybody out of the store.
      guard text.utf8.count <= ContentStore.indexLimit else {
        throw .tooLarge(subject: Array(Layout.indexName.utf8), limit: ContentStore.indexLimit)
      }
      try lock.replaceFile(
        try FileName(Layout.indexName),
        with: text,
        beforehand: beforehand,
      )
    }
    return result
  }

  /// Makes names stand for images, all in one step.
  ///
  /// The caller has a lease on all their blobs.
  /// - Returns: for each name the digest that it stood for before, if it was another.
  package func setNames(
    _ names: [(Reference, Descriptor)]
  ) throws(StoreError) -> [Digest?] {
    try updateIndex { index in index.setNames(names) }
  }

  /// Has a name stand in the index in another form, which means the same: `1.0` for
  /// `docker.io/library/1.0:latest`.
  package func write(_ reference: Reference, as text: String) throws(StoreError) {
    try updateIndex { index in
      for position in index.manifests.indices
      where StoreEntry(index.manifests[position])?.reference == reference {
        index.manifests[position] = index.manifests[position]
          .settingAnnotation(Index.nameAnnotation, to: text)
      }
    }
  }

  /// Adds entries as they are, each in the place of the one that has its name.
  ///
  /// The caller has a lease on all their blobs.
  package func addEntries(_ entries: [Descriptor]) throws(StoreError) {
    try updateIndex { index in
      for entry in entries {
        let name = entry.annotation(Index.nameAnnotation)
        index.manifests.removeAll {
          $0.annotation(Index.nameAnnotation) == name && (name != nil || $0.digest == entry.digest)
        }
        index.manifests.append(entry)
      }
    }
  }

  /// Gives one more name to an image.
  ///
  /// - Returns: the image that had the name before.
  package func tag(
    _ selector: ImageSelector,
    as reference: Reference,
  ) throws(StoreError) -> Digest? {
    let lease = try Lease(self)
    defer { withExtendedLifetime(lease) {} }
    let found = try settled(isCertain: { _ in false }) { () throws(StoreError) in
      let found = try find(selector)
      try lease.protect(blobs(below: found))
      return found
    }
    return try setNames([(reference, found)]).first ?? nil
  }
}

extension StoreEntry {
  /// The entry of an index's descriptor; nil when it has no name, or none by the grammar.
  package init?(_ descriptor: Descriptor) {
    guard let name = descriptor.annotation(Index.nameAnnotation) else { return nil }
    do throws(ReferenceError) {
      self.init(reference: try Reference(parsing: name), descriptor: descriptor)
    } catch {
      // Another tool's name, such as a bare path: it is not ours to judge, show or remove.
      return nil
    }
  }
}

extension Index {
  /// Makes names stand for images.
  ///
  /// An image that loses its last name so stays without one, for the user to see and to prune.
  /// - Returns: for each name the digest that it stood for, if it was another.
  mutating func setNames(_ names: [(Reference, Descriptor)]) -> [Digest?] {
    var positions: [Reference: Int] = [:]
    for (position, descriptor) in manifests.enumerated() {
      guard let reference = StoreEntry(descriptor)?.reference else { continue }
      positions[reference] = positions[reference] ?? position
    }
    var replaced: [Descriptor] = []
    let outcome = names.map { reference, descriptor -> Digest? in
      let named = descriptor.settingAnnotation(Index.nameAnnotation, to: reference.description)
      guard let position = positions[reference] else {
        positions[reference] = manifests.count
        manifests.append(named)
        return nil
      }
      let previous = manifests[position]
      manifests[position] = named
      guard previous.digest != descriptor.digest else { return nil }
      replaced.append(previous)
      return previous.digest
    }
    keepNameless(replaced)
    return outcome
  }

  /// Keeps images in the index that no entry stands for any more; those that have one by now lose
  /// the entry without a name.
  private mutating func keepNameless(_ replaced: [Descriptor]) {
    var present = Set(manifests.map(\.digest))
    for descriptor in replaced where present.insert(descriptor.digest).inserted {
      manifests.append(descriptor.removingAnnotation(Index.nameAnnotation))
    }
    let named = Set(manifests.filter { !$0.isNameless }.map(\.digest))
    manifests.removeAll { $0.isNameless && named.contains($0.digest) }
  }
}

extension Descriptor {
  /// Whether an entry of a store's index has no name at all, neither ours nor a foreign one.
  package var isNameless: Bool { annotation(Index.nameAnnotation) == nil }
}
