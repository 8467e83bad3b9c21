import Hashing
package import ImageSpec
package import Registry
import RootedFiles

/// What to attach to an image in a registry.
package struct AttachRequest: Sendable {
  /// One file of it.
  package struct File: Sendable {
    package let path: String
    package let mediaType: String

    package init(path: String, mediaType: String) {
      self.path = path
      self.mediaType = mediaType
    }
  }

  package let subject: Reference
  /// What it is, a media type.
  package let artifactType: String
  package let files: [File]
  package let annotations: [(key: String, value: String)]
  package let progress: any TransferProgress

  package init(
    to subject: Reference,
    artifactType: String,
    files: [File],
    annotations: [(key: String, value: String)],
    progress: any TransferProgress,
  ) {
    self.subject = subject
    self.artifactType = artifactType
    self.files = files
    self.annotations = annotations
    self.progress = progress
  }
}

/// Makes a manifest of files that names an image as its subject, and puts it beside the image.
///
/// Spec: image-spec manifest.md, "Guidelines for Artifact Usage"; distribution-spec, "Pushing
/// Manifests with Subject".
/// - Returns: its descriptor.
package func attach(
  _ request: AttachRequest,
  _ access: RegistryAccess,
) throws(TransferError) -> Descriptor {
  let place = try home(of: request.subject, access)
  let client = try reached { () throws(RegistryError) in try RegistryClient(place, access) }
  let subject = try reached { () throws(RegistryError) in
    try client.manifest(ManifestReference(request.subject)).descriptor
  }
  var layers: [Descriptor] = []
  for file in request.files { layers.append(try send(file, to: client, request.progress)) }
  return try client.putArtifact(
    Manifest.document(
      artifactType: request.artifactType,
      layers: layers,
      subject: subject,
      annotations: request.annotations,
    )
  )
}

private func send(
  _ file: AttachRequest.File,
  to client: RegistryClient,
  _ progress: any TransferProgress,
) throws(TransferError) -> Descriptor {
  let opened = try sourced { () throws(FileError) in
    let opened = try OwnedDescriptor(openingFileAtPath: file.path)
    let kind = try opened.status().kind
    guard kind == .regular else {
      throw .notRegular(subject: Array(file.path.utf8), kind: kind)
    }
    return opened
  }
  let content = try descriptor(of: opened, file.mediaType)
  let name = String(file.path.pathSteps.last ?? "")
  progress.begin(content, done: 0)
  let source = UploadSource(file: opened.raw) { progress.advance(content, by: $0) }
  do throws(RegistryError) {
    progress.end(content, try client.uploadIfMissing(content, source))
  } catch {
    progress.end(content, .stopped)
    throw TransferError(error)
  }
  return content.settingAnnotation("org.opencontainers.image.title", to: name)
}

/// Hashes a file.
private func descriptor(
  of file: borrowing OwnedDescriptor,
  _ mediaType: String,
) throws(TransferError) -> Descriptor {
  var hash = IncrementalHash(.sha256)
  var chunk = [UInt8](repeating: 0, count: 262_144)
  while true {
    try checkInterruption()
    let length: Int
    do throws(FileError) {
      length = try file.read(into: &chunk)
    } catch {
      throw .source(error)
    }
    guard length > 0 else { break }
    hash.update(chunk.span.extracting(first: length))
  }
  let size = hash.byteCount
  return Descriptor(
    mediaType: mediaType,
    digest: computedDigest(hash.finishHexadecimal()),
    size: size,
  )
}

/// A SHA-256 that was just computed.
private func computedDigest(_ encoded: String) -> Digest {
  do throws(DigestError) {
    return try Digest(algorithm: HashAlgorithm.sha256.rawValue, encoded: encoded)
  } catch {
    preconditionFailure("a computed digest is valid")
  }
}

extension Descriptor {
  /// Of bytes that are at hand.
  init(mediaType: String, of bytes: [UInt8]) {
    self.init(
      mediaType: mediaType,
      digest: computedDigest(IncrementalHash.hexadecimal(of: bytes, algorithm: .sha256)),
      size: Int64(bytes.count),
    )
  }
}

extension RegistryClient {
  /// Puts the manifest of an artifact without a configuration under its own digest.
  func putArtifact(_ document: JSONValue) throws(TransferError) -> Descriptor {
    let bytes = Array(document.compactText.utf8)
    let descriptor = Descriptor(mediaType: MediaType.ociManifest, of: bytes)
    try reached { () throws(RegistryError) in
      _ = try uploadIfMissing(.empty, UploadSource(Array("{}".utf8)))
      try put(bytes, descriptor, as: .digest(descriptor.digest))
    }
    return descriptor
  }

  func uploadIfMissing(
    _ blob: Descriptor,
    _ source: UploadSource,
  ) throws(RegistryError) -> BlobOutcome {
    if try hasBlob(blob) { return .present }
    return switch try uploadBlob(blob, from: source, mountingFrom: nil, record: nil) {
    case .mounted: .mounted
    case .sent: .uploaded
    }
  }
}
