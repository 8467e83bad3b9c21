package import ContentStore
import HostProcess
package import ImageSpec
package import Registry
package import Signatures
import RootedFiles

/// One end of a copy.
package enum ImagePlace: Sendable, Equatable {
  case registry(Reference)
  case store(Reference)
  /// An OCI layout in a directory, and the name of the image in it, as it is written there.
  case layout(path: String, name: Reference?, text: String?)
  /// A tar archive; nil for the name is the only image in it, or no name.
  case archive(path: String, name: Reference?, SaveFormat)

  /// Reads `docker://NAME`, `store:NAME`, `oci:DIR[:NAME]`, `oci-archive:FILE[:NAME]` or
  /// `docker-archive:FILE[:NAME]`.
  /// - Throws: when the text is none of them.
  package init(parsing text: String) throws(ReferenceError) {
    if text.hasPrefix("docker://") {
      self = .registry(try Reference(parsing: String(text.dropFirst(9))))
      return
    }
    let parts = text.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count > 1, !parts[1].isEmpty else {
      throw ReferenceError(text: text, problem: "docker://, oci: or another transport is expected")
    }
    let path = String(parts[1])
    if parts[0] == "store" {
      self = .store(try Reference(parsing: String(text.dropFirst(6))))
      return
    }
    let name = parts.count > 2 ? try Reference(parsing: String(parts[2])) : nil
    switch parts[0] {
    case "oci":
      self = .layout(path: path, name: name, text: parts.count > 2 ? String(parts[2]) : nil)
    case "oci-archive": self = .archive(path: path, name: name, .ociArchive)
    case "docker-archive": self = .archive(path: path, name: name, .dockerArchive)
    default: throw ReferenceError(text: text, problem: "\"\(parts[0])\" is no transport")
    }
  }
}

/// What to copy, and how.
package struct CopyRequest: Sendable {
  package let source: ImagePlace
  package let target: ImagePlace
  /// Only the image for this platform; nil for all of an index.
  package let platform: Platform?
  /// Who may be copied; nil for everybody.
  package let policy: SignaturePolicy?
  package let progress: any TransferProgress
  /// Whether what is attached to the image goes along.
  package var includesReferrers = false
  /// Whether layers that their owner alone hands out are fetched from him.
  package var includesForeign = false

  package init(
    from source: ImagePlace,
    to target: ImagePlace,
    platform: Platform?,
    policy: SignaturePolicy?,
    progress: any TransferProgress,
  ) {
    self.policy = policy
    self.source = source
    self.target = target
    self.platform = platform
    self.progress = progress
  }

  private var platforms: PlatformChoice { platform.map { .some([$0]) } ?? .all }

  fileprivate func pull(_ reference: Reference, as name: Reference?) -> PullRequest {
    var request = PullRequest(
      reference,
      platforms: platforms,
      policy: policy,
      progress: progress,
    )
    request.name = name
    request.includesForeign = includesForeign
    return request
  }
}

extension CopyRequest {
  /// Asks the policy for an image that lies in a file or directory.
  fileprivate func checkFile(_ path: String) throws(TransferError) {
    guard let policy else { return }
    let transport =
      switch source {
      case .layout: "oci"
      case .archive(_, _, .dockerArchive): "docker-archive"
      case .archive, .registry, .store: "oci-archive"
      }
    let absolute = try sourced { () throws(FileError) in try absolutePath(path) }
    try allowed { () throws(PolicyError) in
      try policy.check(transport: transport, path: absolute)
    }
  }
}

/// Copies an image from a registry or to one, without leaving anything in the store unless that is
/// one of the two ends.
///
/// - Returns: the digest that the target's name stands for.
/// - Throws: when neither end is a registry, or either fails.
package func copy(
  _ request: CopyRequest,
  _ access: RegistryAccess,
  store: () throws(StoreError) -> ContentStore,
) throws(TransferError) -> Digest {
  if request.includesReferrers {
    guard case .registry = request.source, case .registry = request.target else {
      throw .names(problem: "--referrers needs a registry, docker://, at both ends")
    }
  }
  switch (request.source, request.target) {
  case (.registry(let source), .registry(let target)):
    return try copyWithin(source, target, request, access)
  case (.registry(let source), .store(let name)):
    let target = try stored(store)
    return try pull(request.pull(source, as: name), access, into: target).descriptor.digest
  case (.registry(let source), .layout(let path, let name, let text)):
    let target = try stored { () throws(StoreError) in try ContentStore(creating: path) }
    let pulled = try pull(request.pull(source, as: name), access, into: target)
    try stored { () throws(StoreError) in
      // A bare tag is how skopeo and umoci name images in a layout, and the only way they find them.
      if let name, let text, Reference.isTag(text) { try target.write(name, as: text) }
      try target.removeEmptyPartialDirectory()
    }
    return pulled.descriptor.digest
  case (.registry(let source), .archive(let path, let name, let format)):
    return try withScratchStore { (scratch) throws(TransferError) in
      let given = (name ?? source).withoutDigest
      let pulled = try pull(request.pull(source, as: given), access, into: scratch)
      try write(given, to: path, format, request.platform, from: scratch)
      return pulled.descriptor.digest
    }
  case (.store(let name), .registry(let target)):
    let source = try stored(store)
    let pushing = PushRequest(
      .reference(name),
      to: target,
      platform: request.platform,
      progress: request.progress,
    )
    return try push(pushing, access, from: source).descriptor.digest
  case (.layout(let path, let name, _), .registry(let target)),
    (.archive(let path, let name, _), .registry(let target)):
    return try withScratchStore { (scratch) throws(TransferError) in
      try request.checkFile(path)
      let digest = try loadOne(path, name, into: scratch)
      return try send(digest, to: target, request, access, from: scratch)
    }
  default:
    throw .names(problem: "one end has to be a registry, docker://: see load and save")
  }
}

/// Copies from registry to registry, with what is attached where that is wanted.
private func copyWithin(
  _ source: Reference,
  _ target: Reference,
  _ request: CopyRequest,
  _ access: RegistryAccess,
) throws(TransferError) -> Digest {
  let copied = try pass(source, to: target, request, access)
  guard request.includesReferrers else { return copied.top }
  var whole = CopyRequest(
    from: request.source,
    to: request.target,
    platform: nil,
    // They are what speaks for others; nobody speaks for them.
    policy: nil,
    progress: request.progress,
  )
  whole.includesForeign = request.includesForeign
  let each = whole
  var referrers = try ReferrerCopy(from: source, to: target, access) {
    (source, target) throws(TransferError) in
    _ = try pass(source, to: target, each, access)
  }
  for digest in copied.manifests { try referrers.copy(of: digest) }
  return copied.top
}

/// Copies from registry to registry.
///
/// - Returns: what the target's name stands for, and every manifest and index that went along.
private func pass(
  _ source: Reference,
  to target: Reference,
  _ request: CopyRequest,
  _ access: RegistryAccess,
) throws(TransferError) -> (top: Digest, manifests: [Digest]) {
  try withScratchStore { (scratch) throws(TransferError) in
    var pulling = request.pull(source, as: target)
    pulling.needed = try layersLacking(at: target, from: source, access)
    let pulled = try pull(pulling, access, into: scratch)
    let top = try send(pulled.descriptor.digest, to: target, request, access, from: scratch)
    let tree = try stored { () throws(StoreError) in try scratch.tree(of: pulled.descriptor) }
    var manifests = [top]
    for descriptor in tree.indexes + tree.manifests where !manifests.contains(descriptor.digest) {
      let isHere = try stored { () throws(StoreError) in
        try scratch.blobSize(descriptor.digest) != nil
      }
      if isHere { manifests.append(descriptor.digest) }
    }
    return (top, manifests)
  }
}

private func send(
  _ digest: Digest,
  to target: Reference,
  _ request: CopyRequest,
  _ access: RegistryAccess,
  from store: ContentStore,
) throws(TransferError) -> Digest {
  let pushing = PushRequest(
    .digest(prefix: digest.description),
    to: target,
    platform: request.platform,
    progress: request.progress,
  )
  return try push(pushing, access, from: store).descriptor.digest
}

/// Loads the image of a layout or archive that has a name, or its only image.
private func loadOne(
  _ path: String,
  _ name: Reference?,
  into store: ContentStore,
) throws(TransferError) -> Digest {
  let request = LoadRequest(path: path, name: nil, allowed: [], platforms: []) { _ in }
  let loaded = try load(try LoadSource(path: path), request, into: store)
  // A bare tag in the source has been given a repository named as the file is.
  let found = loaded.filter { image in
    guard let name else { return true }
    return image.reference == name
      || (name.path.hasSuffix("/\(image.reference.tag ?? "")") && name.tag == Reference.defaultTag)
  }
  guard let first = found.first, Set(found.map(\.digest)).count == 1 else {
    let names = loaded.prefix(5).map(\.reference.short).joined(separator: ", ")
    throw .names(problem: "\(path): name one image of it: there is \(names)")
  }
  return first.digest
}

private func write(
  _ name: Reference,
  to path: String,
  _ format: SaveFormat,
  _ platform: Platform?,
  from store: ContentStore,
) throws(TransferError) {
  let request = SaveRequest(
    selectors: [.reference(name)],
    isAllTags: false,
    format: format,
    platform: platform,
    progress: { _ in },
  )
  let selection = try SaveSelection(request, from: store)
  let output = try sourced { () throws(FileError) in try OutputFile(path: path) }
  try save(selection, to: output.descriptor)
  do throws(FileError) {
    try output.publish()
  } catch {
    throw .source(error)
  }
}

/// Finds the layers that a registry has not got, after it took what another of its repositories has.
private func layersLacking(
  at target: Reference,
  from source: Reference,
  _ access: RegistryAccess,
) throws(TransferError) -> @Sendable ([Descriptor]) throws(TransferError) -> [Descriptor] {
  let places = try reached { () throws(RegistryError) in
    try access.places(of: target, forPulling: false)
  }
  return { (layers) throws(TransferError) in
    guard let place = places.last else { return layers }
    return try reached { () throws(RegistryError) in
      let client = try RegistryClient(place, access)
      var lacking: [Descriptor] = []
      for layer in layers {
        if try client.hasBlob(layer) { continue }
        let isMounted =
          source.domain == target.domain && source.path != target.path
          ? try client.mountBlob(layer, from: source.path) : false
        if !isMounted { lacking.append(layer) }
      }
      return lacking
    }
  }
}

/// A store for one copy, below `$TMPDIR` or `/var/tmp`, that goes with it.
private func withScratchStore<Result>(
  _ body: (ContentStore) throws(TransferError) -> Result
) throws(TransferError) -> Result {
  let parent = Surroundings.variable("TMPDIR").flatMap { $0.isEmpty ? nil : $0 } ?? "/var/tmp"
  let (directory, (name, scratch)) = try sourced { () throws(FileError) in
    let directory = try Directory(atPath: parent)
    return (directory, try directory.makeTemporaryDirectory(TemporaryNames(scratchFor: "copy")))
  }
  // A store's own directory has locks of its own.
  let path = "\(parent)/\(String(decoding: name.bytes, as: UTF8.self))/store"
  defer { withExtendedLifetime(scratch) {} }
  let result: Result
  do throws(TransferError) {
    let store = try stored { () throws(StoreError) in
      try ContentStore(creating: path)
    }
    result = try body(store)
  } catch {
    _ = try sourced { () throws(FileError) in try directory.removeTree(name) }
    throw error
  }
  _ = try sourced { () throws(FileError) in try directory.removeTree(name) }
  return result
}
