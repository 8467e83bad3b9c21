import Archive
package import ContentStore
import Hashing
import HostProcess
package import ImageSpec
import Layers
package import RootedFiles

/// What a validation has looked at, and what breaks a rule.
package struct ValidateOutcome: Sendable {
  package internal(set) var violations: [Violation] = []
  package internal(set) var documents = 0
  package internal(set) var layers = 0
}

/// Checks a layout, or one image in it, against every MUST of the image specification.
///
/// All violations are found in one go, as far as what is broken can still be followed.
/// - Parameters:
///   - layout: the directory of an OCI image layout.
///   - top: the one image to be checked; nil for the layout with all that its index names.
///   - progress: told how many bytes were read.
/// - Returns: what was found.
/// - Throws: when a file can't be read, or a signal comes.
package func validation(
  of layout: Directory,
  top: Descriptor?,
  progress: @escaping (Int64) -> Void,
) throws(StoreError) -> ValidateOutcome {
  var validation = Validation(layout, progress)
  if let top {
    try validation.follow([top], isEverythingNeeded: true)
  } else {
    try validation.checkLayout()
  }
  return validation.outcome
}

private struct Validation {
  let layout: Directory
  let progress: (Int64) -> Void
  var outcome = ValidateOutcome()
  private var checked: Set<Digest> = []

  init(_ layout: Directory, _ progress: @escaping (Int64) -> Void) {
    self.layout = layout
    self.progress = progress
  }

  mutating func checkLayout() throws(StoreError) {
    var marker = DocumentCheck(Layout.markerName)
    if let bytes = try file(Layout.markerName, &marker, .layoutMarker),
      let fields = marker.document(bytes, .layoutMarker)
    {
      _ = marker.string(fields, "imageLayoutVersion", isRequired: true, .layoutMarker)
    }
    add(marker)
    var index = DocumentCheck(Layout.indexName)
    var entries: [Descriptor] = []
    if let bytes = try file(Layout.indexName, &index, .layoutIndex) {
      entries = index.index(bytes, stated: nil, .layoutIndex)
    }
    add(index)
    try checkBlobNames()
    try follow(entries, isEverythingNeeded: false)
    try checkRest()
  }

  private mutating func file(
    _ name: String,
    _ check: inout DocumentCheck,
    _ clause: Clause,
  ) throws(StoreError) -> [UInt8]? {
    do throws(FileError) {
      if let bytes = try layout.contents(of: try FileName(name), limit: 64 << 20) { return bytes }
      check.note("", "the file is missing", clause)
    } catch .notRegular(_, let kind) {
      check.note("", "a \(kind), not a regular file", clause)
    } catch {
      throw .file(error)
    }
    return nil
  }

  private mutating func add(_ check: DocumentCheck) {
    outcome.violations += check.violations
    outcome.documents += 1
  }

  private mutating func note(_ subject: String, _ problem: String, _ clause: Clause) {
    var check = DocumentCheck(subject)
    check.note("", problem, clause)
    outcome.violations += check.violations
  }

  // MARK: Blobs

  private func blobs() throws(StoreError) -> Directory? {
    do throws(FileError) {
      return try layout.openDirectoryIfPresent(try FileName(Layout.blobsName))
    } catch  where error.code == .notDirectory {
      return nil
    } catch {
      throw .file(error)
    }
  }

  private mutating func checkBlobNames() throws(StoreError) {
    guard try blobs() != nil else {
      return note(Layout.blobsName, "the directory is missing", .layoutBlobs)
    }
    for (name, entry) in try blobFiles() where entry == nil {
      note(name, "the name is no digest", .layoutBlobs)
    }
  }

  /// The paths of all files among the blobs, with what they claim to be.
  private func blobFiles() throws(StoreError) -> [(String, Descriptor?)] {
    guard let blobs = try blobs() else { return [] }
    do throws(FileError) {
      var found: [(String, Descriptor?)] = []
      for algorithm in try blobs.entries() where algorithm.kind == .directory {
        let name = shown(algorithm.name.bytes)
        let place = try blobs.openDirectory(algorithm.name)
        for entry in try place.entries() {
          let path = "\(Layout.blobsName)/\(name)/\(shown(entry.name.bytes))"
          let size = try place.status(of: entry.name)?.size ?? 0
          found.append((path, blob(name, shown(entry.name.bytes), size)))
        }
      }
      return found.sorted { $0.0 < $1.0 }
    } catch {
      throw .file(error)
    }
  }

  private func blob(_ algorithm: String, _ encoded: String, _ size: Int64) -> Descriptor? {
    do throws(DigestError) {
      let digest = try Digest(algorithm: algorithm, encoded: encoded)
      return Descriptor(mediaType: "application/octet-stream", digest: digest, size: size)
    } catch {
      return nil
    }
  }

  private mutating func checkRest() throws(StoreError) {
    for case (_, let blob?) in try blobFiles() where !checked.contains(blob.digest) {
      try checkContent(blob)
    }
  }

  private func open(_ digest: Digest) throws(StoreError) -> OwnedDescriptor? {
    guard let blobs = try blobs() else { return nil }
    do throws(FileError) {
      guard let place = try blobs.openDirectoryIfPresent(try FileName(digest.algorithm)) else {
        return nil
      }
      return try place.openFile(try FileName(digest.encoded))
    } catch  where error.code == .noEntry {
      return nil
    } catch {
      throw .file(error)
    }
  }

  /// Checks size and digest.
  ///
  /// - Returns: whether both are right.
  @discardableResult
  private mutating func checkContent(_ blob: Descriptor) throws(StoreError) -> Bool {
    checked.insert(blob.digest)
    guard let file = try open(blob.digest) else { return false }
    guard let algorithm = HashAlgorithm(rawValue: blob.digest.algorithm) else { return true }
    var hash = IncrementalHash(algorithm)
    var chunk = [UInt8](repeating: 0, count: 262_144)
    do throws(FileError) {
      while true {
        let length = try file.read(into: &chunk)
        guard length > 0, !Interruption.isRequested else { break }
        hash.update(chunk.span.extracting(first: length))
        progress(Int64(length))
      }
    } catch {
      throw .file(error)
    }
    try stopIfInterrupted()
    let size = hash.byteCount
    if size != blob.size {
      note("\(blob.digest)", "has \(size) bytes, its descriptor says \(blob.size)", .descriptor)
    }
    let isRight = hash.finishHexadecimal() == blob.digest.encoded
    if !isRight { note("\(blob.digest)", "the content has another digest", .verification) }
    return isRight && size == blob.size
  }

  private func stopIfInterrupted() throws(StoreError) {
    do throws(Interrupted) {
      try Interruption.check()
    } catch {
      throw .interrupted(error)
    }
  }

  // MARK: Documents

  mutating func follow(
    _ descriptors: [Descriptor],
    isEverythingNeeded: Bool,
  ) throws(StoreError) {
    var pending = descriptors.map { ($0, 0) }
    pending.reverse()
    while let (descriptor, depth) = pending.popLast() {
      let isIndex = MediaType.isIndex(descriptor.mediaType)
      guard !checked.contains(descriptor.digest) else { continue }
      // Whatever is not there may have been left out on purpose, but for what was asked for.
      guard try open(descriptor.digest) != nil else {
        if isEverythingNeeded, depth == 0 {
          note("\(descriptor.digest)", "is missing", .layoutBlobs)
        }
        continue
      }
      guard isIndex || MediaType.isManifest(descriptor.mediaType) else {
        try checkContent(descriptor)
        continue
      }
      guard let bytes = try document(descriptor) else { continue }
      var check = DocumentCheck("\(descriptor.digest)")
      if isIndex {
        let found = check.index(bytes, stated: descriptor.mediaType, .index)
        add(check)
        if depth < 8 { pending += found.reversed().map { ($0, depth + 1) } }
      } else {
        let (configuration, layers) = check.manifest(bytes, stated: descriptor.mediaType)
        add(check)
        try checkImage(configuration, layers)
      }
    }
  }

  /// A whole document with the right digest; nil, and noted, when it has not.
  private mutating func document(_ descriptor: Descriptor) throws(StoreError) -> [UInt8]? {
    guard try checkContent(descriptor) else { return nil }
    guard descriptor.size <= DocumentLimit.bytes, let file = try open(descriptor.digest) else {
      note("\(descriptor.digest)", "larger than \(DocumentLimit.bytes) bytes: not read", .manifest)
      return nil
    }
    do throws(FileError) {
      var bytes: [UInt8] = []
      var chunk = [UInt8](repeating: 0, count: 65_536)
      while bytes.count <= DocumentLimit.bytes {
        let length = try file.read(into: &chunk)
        guard length > 0 else { break }
        bytes += chunk.prefix(length)
      }
      return bytes
    } catch {
      throw .file(error)
    }
  }

  private mutating func checkImage(
    _ configuration: Descriptor?,
    _ layers: [Descriptor],
  ) throws(StoreError) {
    guard let configuration, MediaType.isConfiguration(configuration.mediaType) else {
      for blob in [configuration].compactMap({ $0 }) + layers { try checkPresent(blob) }
      return
    }
    var diffIDs: [Digest?] = []
    if try open(configuration.digest) == nil {
      note("\(configuration.digest)", "the configuration is missing", .layoutBlobs)
    } else if let bytes = try document(configuration) {
      var check = DocumentCheck("\(configuration.digest)")
      diffIDs = check.configuration(bytes)
      if diffIDs.count != layers.count {
        check.note(
          "rootfs.diff_ids",
          "\(diffIDs.count) for the \(layers.count) layers of the manifest",
          .configuration,
        )
      }
      add(check)
    }
    for (number, layer) in layers.enumerated() {
      try checkLayer(layer, number < diffIDs.count ? diffIDs[number] : nil)
    }
  }

  private mutating func checkPresent(_ blob: Descriptor) throws(StoreError) {
    guard !checked.contains(blob.digest) else { return }
    if try open(blob.digest) == nil { note("\(blob.digest)", "is missing", .layoutBlobs) }
    try checkContent(blob)
  }

  private mutating func checkLayer(_ layer: Descriptor, _ diffID: Digest?) throws(StoreError) {
    guard let format = LayerFormat(mediaType: layer.mediaType) else {
      return try checkPresent(layer)
    }
    guard let file = try open(layer.digest) else {
      if format.isDistributable { note("\(layer.digest)", "the layer is missing", .layoutBlobs) }
      return
    }
    // Without a diff ID the archive can't be vouched for; digest and size still can.
    guard try checkContent(layer), let diffID else { return }
    outcome.layers += 1
    var rules = LayerRules("\(layer.digest)")
    let source = LayerSource(
      blob: file,
      digest: layer.digest,
      size: layer.size,
      diffID: diffID,
      compression: format.compression,
    )
    do throws(LayerError) {
      try readLayer(source, limits: .image) { _ in
        !Interruption.isRequested
      } _: { event, _ in
        if case .entry(let entry, _) = event { rules.check(entry) }
      }
    } catch {
      try stopIfInterrupted()
      note("\(layer.digest)", "\(error.problem)", error.problem.clause)
    }
    outcome.violations += rules.check.violations
  }
}

/// The rules for the entries of one layer.
private struct LayerRules {
  var check: DocumentCheck
  private var names: Set<RootedPath> = []
  private var nameBytes = 0

  init(_ subject: String) {
    check = DocumentCheck(subject)
  }

  mutating func check(_ entry: Entry) {
    let path = RootedPath(cleaning: entry.path)
    // Beyond any honest image, memory is worth more than finding one more duplicate.
    if nameBytes < 256 << 20 {
      nameBytes += path.bytes.count + 64
      if !names.insert(path).inserted {
        check.note(shown(entry.path), "occurs twice in the layer", .changes)
      }
    }
    if path.lastComponent.elementsEqual(".wh.".utf8) {
      check.note(shown(entry.path), "a whiteout of nothing", .whiteouts)
    }
  }
}

extension LayerError.Problem {
  fileprivate var clause: Clause {
    switch self {
    case .wrongDiffID: .diffID
    case .codec: .mediaTypes
    case .badWhiteout: .whiteouts
    case .wrongDigest, .wrongSize: .verification
    default: .layer
    }
  }
}
