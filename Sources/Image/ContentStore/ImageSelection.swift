package import ImageSpec

/// How a user points at an image: by a name, or by its digest or the beginning of that.
package enum ImageSelector: Sendable, CustomStringConvertible {
  case reference(Reference)
  case digest(prefix: String)

  /// Reads `NAME[:TAG][@DIGEST]`, `sha256:HEX` or the beginning of a digest as it is listed.
  /// - Throws: when the text is none of them.
  package init(parsing text: String) throws(ReferenceError) {
    let algorithms = ["sha256:", "sha512:"]
    let encoded = text.split(separator: ":", maxSplits: 1).last ?? ""
    if algorithms.contains(where: text.hasPrefix), encoded.utf8.count >= 7,
      encoded.allSatisfy({ $0.isHexDigit && !$0.isUppercase })
    {
      self = .digest(prefix: text)
    } else {
      self = .reference(try Reference(parsing: text))
    }
  }

  package var description: String {
    switch self {
    case .reference(let reference): reference.short
    case .digest(let prefix): prefix
    }
  }
}

extension ContentStore {
  /// Finds what a selector points at.
  ///
  /// By digest the images below an index are found too.
  /// - Throws: `noSuchImage` or `ambiguous`.
  package func find(_ selector: ImageSelector) throws(StoreError) -> Descriptor {
    switch selector {
    case .reference(let reference):
      let found = try entries().first { reference.selects($0) }
      guard let found else { throw .noSuchImage(reference.short) }
      return found.descriptor
    case .digest(let prefix):
      var found: [Digest: Descriptor] = [:]
      for top in try index().manifests {
        for descriptor in [top] + (try treeIfSound(top)?.manifests ?? [])
        where descriptor.digest.description.hasPrefix(prefix) {
          found[descriptor.digest] = found[descriptor.digest] ?? descriptor
        }
      }
      guard found.count < 2 else {
        throw .ambiguous(prefix, found.keys.sorted { $0.encoded < $1.encoded })
      }
      guard let descriptor = found.values.first else { throw .noSuchImage(prefix) }
      return descriptor
    }
  }

  /// The tree below an image that may be damaged, without stopping the search among the others.
  func treeIfSound(_ top: Descriptor) throws(StoreError) -> ImageTree? {
    do throws(StoreError) {
      return try tree(of: top)
    } catch .file(let error) {
      throw .file(error)
    } catch .interrupted(let error) {
      throw .interrupted(error)
    } catch {
      return nil
    }
  }
}

extension Reference {
  /// Whether a store's entry is what this name means; with a digest the tag may be left out.
  fileprivate func selects(_ entry: StoreEntry) -> Bool {
    guard isSameRepository(as: entry.reference) else { return false }
    if let digest, digest != entry.descriptor.digest { return false }
    return tag == nil || tag == entry.reference.tag
  }
}
