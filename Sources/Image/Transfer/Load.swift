package import ContentStore
package import ImageSpec
package import RootedFiles

/// How to load, and what to call it.
package struct LoadRequest: Sendable {
  /// The path of the file or directory; nil for standard input.
  package let path: String?
  /// The only name to be written, whatever the archive says.
  package let name: Reference?
  /// Which of the names in the source may be written; none for all.
  package let allowed: [NamePattern]
  /// Of an index only these platforms' images; none for all that are there.
  package let platforms: [Platform]
  /// Called with the number of bytes of each piece of the source that was read.
  package let progress: @Sendable (Int64) -> Void

  package init(
    path: String?,
    name: Reference?,
    allowed: [NamePattern],
    platforms: [Platform],
    progress: @escaping @Sendable (Int64) -> Void,
  ) {
    self.path = path
    self.name = name
    self.allowed = allowed
    self.platforms = platforms
    self.progress = progress
  }
}

/// What is loaded, opened once: it may be a pipe.
package enum LoadSource: ~Copyable {
  case directory(Directory)
  case file(OwnedDescriptor)

  /// Opens a file or directory, or standard input for nil.
  /// - Throws: when it can't be opened.
  package init(path: String?) throws(TransferError) {
    self = try sourced { () throws(FileError) in
      guard let path else { return .file(try OwnedDescriptor(duplicating: 0)) }
      do throws(FileError) {
        return .directory(try Directory(atPath: path))
      } catch  where error.code == .notDirectory {
        return .file(try OwnedDescriptor(openingFileAtPath: path))
      }
    }
  }

  /// The size of a regular file, to measure progress by.
  package borrowing func size() throws(TransferError) -> Int64? {
    switch self {
    case .directory: return nil
    case .file(let file):
      do throws(FileError) {
        let status = try file.status()
        return status.kind == .regular ? status.size : nil
      } catch {
        throw .source(error)
      }
    }
  }
}

/// One name that a load has written.
package struct LoadedImage: Sendable {
  package let reference: Reference
  package let digest: Digest
  /// What the name stood for before.
  package let replaced: Digest?
}

/// Loads the images of an OCI layout, of a tar archive of one, or of a docker-archive, plain or
/// compressed.
///
/// Everything is verified in a staging place first: a load that fails leaves the store as it was.
/// - Throws: when the source is no such thing, or anything in it is not what it claims to be.
package func load(
  _ opened: consuming LoadSource,
  _ request: LoadRequest,
  into store: ContentStore,
) throws(TransferError) -> [LoadedImage] {
  var staging = try stored { () throws(StoreError) in try Staging(store) }
  let source: BlobSource
  let found: [NamedImage]
  switch consume opened {
  case .directory(let directory):
    let layout = LayoutDirectory(directory, progress: request.progress)
    source = .layout(layout)
    found = try layoutImages(index: try layout.index(), request)
  case .file(let file):
    let input = ArchiveInput(file, progress: request.progress)
    let archive = try SpooledArchive(spooling: input, to: &staging)
    source = .staged
    found = try archiveImages(archive, &staging, request)
  }
  var collector = ImageCollector(platforms: request.platforms)
  let images = try request.allowing(found)
  for image in images {
    try collector.collect(image.descriptor, from: source, into: &staging)
  }
  try checkInterruption()
  let names = images.flatMap { image in image.names.map { ($0, image.descriptor) } }
  let replaced: [Digest?]
  do throws(StoreError) {
    replaced = try staging.commit(collector.needed, names: names)
  } catch {
    throw .store(error)
  }
  return zip(names, replaced).map { name, replaced in
    LoadedImage(reference: name.0, digest: name.1.digest, replaced: replaced)
  }
}

extension LoadRequest {
  /// The images with the names that may be written; those that have none left stay out.
  fileprivate func allowing(_ images: [NamedImage]) throws(TransferError) -> [NamedImage] {
    guard !allowed.isEmpty, name == nil else { return images }
    let kept = images.compactMap { image -> NamedImage? in
      let names = image.names.filter { name in allowed.contains { $0.matches(name) } }
      return names.isEmpty ? nil : NamedImage(descriptor: image.descriptor, names: names)
    }
    guard !kept.isEmpty else {
      let names = images.flatMap(\.names).prefix(5).map(\.short).joined(separator: ", ")
      throw .names(problem: "no name in it is allowed: there is \(names)")
    }
    return kept
  }
}

private func archiveImages(
  _ archive: SpooledArchive,
  _ staging: inout Staging,
  _ request: LoadRequest,
) throws(TransferError) -> [NamedImage] {
  // An archive of a recent Docker is both; its layout has the image's own manifest.
  if let index = try archive.layoutIndex(staging) {
    return try layoutImages(index: index, request)
  }
  guard let manifests = try archive.dockerManifests(staging) else { throw .notAnImage }
  return try dockerImages(manifests, in: archive, &staging, request)
}
