import ContentStore
import ImageSpec
import RootedFiles

/// An image of the source and the names that it gets.
struct NamedImage {
  let descriptor: Descriptor
  let names: [Reference]
}

extension SpooledArchive {
  /// The index of an OCI layout; nil when the archive is none.
  func layoutIndex(_ staging: borrowing Staging) throws(TransferError) -> Index? {
    guard let marker = try document(Layout.markerName, staging),
      let index = try document(Layout.indexName, staging)
    else { return nil }
    return try parsedIndex(marker: marker, index: index)
  }
}

func parsedIndex(marker: [UInt8], index: [UInt8]) throws(TransferError) -> Index {
  var name = Layout.markerName
  do throws(DocumentError) {
    try Layout.checkMarker(marker)
    name = Layout.indexName
    return try Index(parsing: index)
  } catch {
    throw .document(name: name, problem: error.description)
  }
}

/// The images of a layout under the names that its annotations give to them.
///
/// containerd and Docker write the full name to an annotation of their own; others write it to the
/// specification's, or the bare tag, which then belongs to a repository named as the file is.
func layoutImages(index: Index, _ request: LoadRequest) throws(TransferError) -> [NamedImage] {
  let images = index.manifests.filter {
    MediaType.isIndex($0.mediaType) || MediaType.isManifest($0.mediaType)
  }
  guard let first = images.first else {
    throw .document(name: Layout.indexName, problem: "names no image")
  }
  if let name = request.name {
    guard Set(images.map(\.digest)).count == 1 else {
      throw .names(problem: "\(images.count) images in it: one name can't be given to all")
    }
    return [NamedImage(descriptor: first, names: [name])]
  }
  var named: [NamedImage] = []
  var names = UniqueNames()
  for descriptor in images {
    guard let reference = try name(of: descriptor, request) else { continue }
    try names.add(reference, descriptor.digest)
    named.append(NamedImage(descriptor: descriptor, names: [reference]))
  }
  if named.isEmpty {
    guard images.count == 1 else {
      throw .names(problem: "\(images.count) images in it, and none has a name: load one at a time")
    }
    named = [NamedImage(descriptor: first, names: [try request.fallbackName(tag: nil)])]
  }
  return named
}

/// The images that names stand for in one source, each name once.
struct UniqueNames {
  private var digests: [Reference: Digest] = [:]

  /// - Throws: when the name stands for another image already.
  mutating func add(_ reference: Reference, _ digest: Digest) throws(TransferError) {
    guard digests.updateValue(digest, forKey: reference) ?? digest == digest else {
      throw .names(problem: "two images in it are called \(reference.short)")
    }
  }
}

private func name(
  of descriptor: Descriptor,
  _ request: LoadRequest,
) throws(TransferError) -> Reference? {
  let text =
    descriptor.annotation("io.containerd.image.name")
    ?? descriptor.annotation(Index.nameAnnotation)
  guard let text else { return nil }
  if !text.contains("/"), !text.contains(":"), Reference.isTag(text) {
    return try request.fallbackName(tag: text)
  }
  return try parsedName(text)
}

func parsedName(_ text: String) throws(TransferError) -> Reference {
  let reference: Reference
  do throws(ReferenceError) {
    reference = try Reference(parsing: text)
  } catch {
    throw .names(problem: "\(error): give one with --name")
  }
  guard reference.digest == nil else {
    throw .names(problem: "\(reference.short): a name with a digest: give one with --name")
  }
  return reference
}

extension LoadRequest {
  /// A name made of the file's own, for an image that has no repository in its archive.
  func fallbackName(tag: String?) throws(TransferError) -> Reference {
    guard let path, let last = path.pathSteps.last else {
      throw .names(problem: "the image in it has no name: give one with --name")
    }
    var base = last.lowercased()
    for suffix in [".gz", ".tgz", ".zst", ".tar", ".oci"] where base.hasSuffix(suffix) {
      base.removeLast(suffix.count)
    }
    do throws(ReferenceError) {
      let reference = try Reference(parsing: base)
      return try reference.withTag(tag ?? Reference.defaultTag)
    } catch {
      throw .names(problem: "the image in it has no name: give one with --name")
    }
  }
}
