package import ImageSpec

/// How a user points at an image: by a name, by a digest, or by the beginning of either kind of digest
/// that an image has.
package enum ImageSelector: Sendable, CustomStringConvertible {
  case reference(Reference)
  /// With its algorithm, as `sha256:3f1c9a0b7d2e`.
  case digest(prefix: String)
  /// Hexadecimal digits alone, which may be a name as well; 64 of them never are.
  case id(prefix: String, reference: Reference?)

  /// Reads `NAME[:TAG][@DIGEST]`, `sha256:HEX`, or hexadecimal digits alone.
  /// - Throws: when the text is none of them.
  package init(parsing text: String) throws(ReferenceError) {
    let algorithms = ["sha256:", "sha512:"]
    if let algorithm = algorithms.first(where: text.hasPrefix),
      isIdentifier(text.dropFirst(algorithm.count), atLeast: 7)
    {
      self = .digest(prefix: text)
    } else if isIdentifier(text[...], atLeast: 64) {
      self = .id(prefix: text, reference: nil)
    } else {
      let reference = try Reference(parsing: text)
      // Four digits are enough to be meant; fewer are a name.
      self =
        isIdentifier(text[...], atLeast: 4)
        ? .id(prefix: text, reference: reference) : .reference(reference)
    }
  }

  package var description: String {
    switch self {
    case .reference(let reference): reference.short
    case .digest(let prefix), .id(let prefix, _): prefix
    }
  }

  /// The name that may be meant.
  package var reference: Reference? {
    switch self {
    case .reference(let reference): reference
    case .digest: nil
    case .id(_, let reference): reference
    }
  }

  /// Whether a digest begins as the selector does.
  func selects(_ digest: Digest) -> Bool {
    switch self {
    case .reference: false
    case .digest(let prefix): digest.description.hasPrefix(prefix)
    case .id(let prefix, _): digest.encoded.hasPrefix(prefix)
    }
  }
}

private func isIdentifier(_ text: Substring, atLeast count: Int) -> Bool {
  text.utf8.count >= count && text.utf8.count <= 128
    && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
}

/// What a selector points at, and the entry of the index that it was found below.
struct FoundImage {
  let descriptor: Descriptor
  let top: Descriptor
}

extension ContentStore {
  /// Finds what a selector points at.
  ///
  /// By digest, its own or that of its configuration, the images below an index are found too.
  /// - Throws: `noSuchImage` or `ambiguous`.
  package func find(_ selector: ImageSelector) throws(StoreError) -> Descriptor {
    let found = try matches(selector, in: try index())
    guard let first = found.first else { throw .noSuchImage(selector.description) }
    let digests = Set(found.map(\.descriptor.digest))
    guard digests.count == 1 else { throw .ambiguous(selector.description, sorted(digests)) }
    return first.descriptor
  }

  /// Everything that a selector may mean, in the order of the index.
  func matches(
    _ selector: ImageSelector,
    in index: Index,
  ) throws(StoreError) -> [FoundImage] {
    if let reference = selector.reference {
      for descriptor in index.manifests {
        guard let entry = StoreEntry(descriptor), reference.selects(entry) else { continue }
        return [FoundImage(descriptor: descriptor, top: descriptor)]
      }
    }
    if case .reference = selector { return [] }
    var found: [FoundImage] = []
    var seen: Set<Digest> = []
    for top in index.manifests {
      if selector.selects(top.digest) {
        found.append(FoundImage(descriptor: top, top: top))
      } else if seen.insert(top.digest).inserted {
        for descriptor in try matches(selector, below: top) {
          found.append(FoundImage(descriptor: descriptor, top: top))
        }
      } else if let same = found.first(where: { $0.top.digest == top.digest }) {
        found.append(FoundImage(descriptor: same.descriptor, top: top))
      }
    }
    return found
  }

  private func matches(
    _ selector: ImageSelector,
    below top: Descriptor,
  ) throws(StoreError) -> [Descriptor] {
    guard let tree = try treeIfSound(top) else { return [] }
    var found: [Descriptor] = []
    for descriptor in tree.distinctManifests {
      try checkInterruption()
      let isMeant =
        if selector.selects(descriptor.digest) { true } else {
          try manifestIfSound(descriptor).map { selector.selects($0.configuration.digest) } ?? false
        }
      if isMeant { found.append(descriptor) }
    }
    return found
  }

  /// The tree below an image that may be damaged, without stopping the search among the others.
  func treeIfSound(_ top: Descriptor) throws(StoreError) -> ImageTree? {
    try ifSound { () throws(StoreError) in try tree(of: top) }
  }

  /// A manifest that may be damaged or not there.
  func manifestIfSound(_ descriptor: Descriptor) throws(StoreError) -> Manifest? {
    try ifSound { () throws(StoreError) in try manifest(descriptor) }
  }

  /// What a document says, or nil where it is damaged; failures of the machine stay failures.
  private func ifSound<Document>(
    _ body: () throws(StoreError) -> Document
  ) throws(StoreError) -> Document? {
    do throws(StoreError) {
      return try body()
    } catch .file(let error) {
      throw .file(error)
    } catch .interrupted(let error) {
      throw .interrupted(error)
    } catch {
      return nil
    }
  }
}

func sorted(_ digests: Set<Digest>) -> [Digest] {
  digests.sorted { $0.encoded < $1.encoded }
}

extension Reference {
  /// Whether a store's entry is what this name means; with a digest the tag may be left out.
  fileprivate func selects(_ entry: StoreEntry) -> Bool {
    guard isSameRepository(as: entry.reference) else { return false }
    if let digest, digest != entry.descriptor.digest { return false }
    return tag == nil || tag == entry.reference.tag
  }
}
