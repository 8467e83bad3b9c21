import Archive
import Codecs
import Hashing
import ImageSpec
package import RootedFiles

/// Applies the layers of an image to an empty directory, the lowest first.
///
/// Every layer is verified while it is applied: the blob's size and digest and the archive's diff ID.
/// A tree whose layers did not all apply, or that was not finished, must not be used.
///
/// Spec: image-spec layer.md, "Applying Changesets".
package struct LayerApplier: ~Copyable {
  private var tree: TreeWriter
  private let ownership: Ownership
  private let limits: LayerLimits

  /// - Parameters:
  ///   - root: an empty directory, whose owner and mode become the image's.
  ///   - ownership: to whom the files shall belong.
  ///   - limits: against bombs.
  /// - Throws: when root's ids are not mapped, or the root cannot be given its owner.
  package init(
    root: consuming RootDirectory,
    ownership: Ownership,
    limits: LayerLimits,
  ) throws(LayerError.Problem) {
    self.ownership = ownership
    self.limits = limits
    let owner = try ownership.owner(uid: 0, gid: 0)
    do throws(FileError) {
      tree = try TreeWriter(root: root, owner: owner)
    } catch {
      throw .file(error)
    }
  }

  /// Applies the next layer.
  ///
  /// - Parameters:
  ///   - source: the layer.
  ///   - progress: is told how many bytes of the blob were read since it was last asked; when it
  ///     returns false the work stops.
  /// - Throws: when the blob is not what it should be, an entry breaks a rule, or a file cannot be
  ///   made; the tree is then of no use.
  package mutating func apply(
    _ source: consuming LayerSource,
    progress: (Int64) -> Bool,
  ) throws(LayerError) {
    let digest = source.digest
    var run = LayerRun(limits: limits, ownership: ownership)
    do throws(LayerError.Problem) {
      try scanLayer(
        source,
        limits: limits,
        progress: progress
      ) { piece throws(LayerError.Problem) in
        try run.consume(piece, into: &tree)
      }
      try run.finish(&tree)
    } catch {
      throw LayerError(layer: digest, entry: run.entryName(for: error), problem: error)
    }
  }

  /// Gives the directories their modes and times.
  ///
  /// - Returns: what had to be left out.
  /// - Throws: when a directory refuses them.
  package consuming func finish() throws(FileError) -> Omissions {
    try tree.finish()
  }
}

/// The progress through one layer's archive.
private struct LayerRun {
  private var reader = ArchiveReader(limits: .image)
  private var entry: [UInt8]?
  private let limits: LayerLimits
  private let ownership: Ownership

  init(limits: LayerLimits, ownership: Ownership) {
    self.limits = limits
    self.ownership = ownership
  }

  mutating func consume(
    _ chunk: Span<UInt8>,
    into tree: inout TreeWriter,
  ) throws(LayerError.Problem) {
    var position = 0
    while let event = try next(in: chunk, at: &position) {
      switch event {
      case .entry(let newEntry):
        entry = newEntry.path
        let step = try EntryStep(newEntry, ownership: ownership, limits: limits)
        try file { () throws(FileError) in try tree.begin(step) }
        guard tree.rememberedBytes <= limits.nameBytes else {
          throw .tooLarge(what: "the length of all names", limit: "\(limits.nameBytes) bytes")
        }
      case .data(let range, let offset):
        try file { () throws(FileError) in
          try tree.write(chunk.extracting(range), at: offset)
        }
      case .endOfEntry:
        try file { () throws(FileError) in try tree.end() }
        entry = nil
      }
    }
  }

  mutating func finish(_ tree: inout TreeWriter) throws(LayerError.Problem) {
    do throws(ArchiveError) {
      try reader.finish()
    } catch {
      throw .archive(error)
    }
    var missing: PendingLink?
    try file { () throws(FileError) in missing = try tree.finishLayer() }
    guard let missing else { return }
    entry = missing.path.bytes
    throw .missingLinkTarget(missing.target.bytes)
  }

  /// The name that a message about the problem should have.
  func entryName(for problem: LayerError.Problem) -> [UInt8]? {
    if case .archive(let error) = problem, !error.path.isEmpty { return error.path }
    return entry
  }

  private mutating func next(
    in chunk: Span<UInt8>,
    at position: inout Int,
  ) throws(LayerError.Problem) -> ArchiveReader.Event? {
    do throws(ArchiveError) {
      return try reader.next(in: chunk, at: &position)
    } catch {
      throw .archive(error)
    }
  }
}

/// Says of an error that it came from a file of the tree.
private func file(_ body: () throws(FileError) -> Void) throws(LayerError.Problem) {
  do throws(FileError) {
    try body()
  } catch {
    throw .file(error)
  }
}
