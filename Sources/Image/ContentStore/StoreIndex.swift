package import ImageSpec
import RootedFiles

/// One name in a store and the image that it stands for.
package struct StoreEntry: Sendable {
  package let reference: Reference
  package let descriptor: Descriptor
}

extension ContentStore {
  /// The index as it stands; a reader needs no lock, as it is replaced in one step.
  func index() throws(StoreError) -> Index {
    let bytes = try StoreError.wrapping { () throws(FileError) in
      try directory.contents(of: try FileName(Layout.indexName), limit: DocumentLimit.bytes)
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
    try StoreError.wrapping { () throws(FileError) in
      try lock.replaceFile(
        try FileName(Layout.indexName),
        with: index.document.compactText,
        beforehand: beforehand,
      )
    }
    return result
  }

  /// Gives one more name to an image.
  ///
  /// - Returns: the image that had the name before.
  package func tag(
    _ descriptor: Descriptor,
    as reference: Reference,
  ) throws(StoreError) -> Digest? {
    try updateIndex { index in index.setName(reference, of: descriptor) }
  }
}

extension StoreEntry {
  /// The entry of an index's descriptor; nil when it has no name, or none by the grammar.
  init?(_ descriptor: Descriptor) {
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
  /// Makes a name stand for an image.
  ///
  /// - Returns: the digest that the name stood for, if it was another.
  mutating func setName(_ reference: Reference, of descriptor: Descriptor) -> Digest? {
    let named = descriptor.settingAnnotation(Index.nameAnnotation, to: reference.description)
    let position = manifests.firstIndex { StoreEntry($0)?.reference == reference }
    guard let position else {
      manifests.append(named)
      return nil
    }
    let previous = manifests[position].digest
    manifests[position] = named
    return previous == descriptor.digest ? nil : previous
  }
}
