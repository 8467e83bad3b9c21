package import ContentStore
import HostProcess
import ImageSpec
package import Layers
package import RootedFiles

/// The files of an image as its layers leave them, verified; their data stays in the store.
package struct MergedImage {
  package let tree: FileTree
  let layers: [MergedLayer]
  let store: ContentStore
  private let lease: Lease
  let progress: (Int64) -> Void

  /// Reads all layers.
  ///
  /// - Parameters:
  ///   - image: whose layers.
  ///   - store: where they are.
  ///   - lease: what keeps them there.
  ///   - progress: told how many bytes of the blobs were read.
  /// - Throws: when a layer is not there or not what it should be.
  package init(
    _ image: ResolvedImage,
    in store: ContentStore,
    _ lease: Lease,
    progress: @escaping (Int64) -> Void,
  ) throws(ContentsError) {
    var layers: [MergedLayer] = []
    for (layer, diffID) in zip(image.manifest.layers, image.configuration.diffIDs) {
      guard let format = LayerFormat(mediaType: layer.mediaType) else {
        throw .unknownLayerType(layer.mediaType)
      }
      layers.append(MergedLayer(descriptor: layer, diffID: diffID, format: format))
    }
    var tree = FileTree()
    for (number, layer) in layers.enumerated() {
      let source = try layer.source(in: store)
      do throws(LayerError) {
        try tree.apply(source, number: number, limits: .image) { count in
          progress(count)
          return !Interruption.isRequested
        }
      } catch {
        try checkInterruption()
        throw .layer(error)
      }
    }
    self.tree = tree
    self.layers = layers
    self.store = store
    self.lease = lease
    self.progress = progress
  }

  /// Finds a file, following links inside the image.
  /// - Throws: `noSuchFile` when it isn't there.
  package func find(_ path: [UInt8], isFollowing: Bool) throws(ContentsError) -> FileTree.NodeID {
    do throws(LayerError.Problem) {
      let found = try tree.find(RootedPath(cleaning: path), isFollowing: isFollowing)
      guard let found else { throw LayerError.Problem.missingLinkTarget(path) }
      return found
    } catch .missingLinkTarget {
      throw .noSuchFile(path)
    } catch {
      throw .path(path, error)
    }
  }
}

struct MergedLayer {
  let descriptor: Descriptor
  let diffID: Digest
  let format: LayerFormat

  func source(in store: ContentStore) throws(ContentsError) -> LayerSource {
    do throws(StoreError) {
      return LayerSource(
        blob: try store.openBlob(descriptor),
        digest: descriptor.digest,
        size: descriptor.size,
        diffID: diffID,
        compression: format.compression,
      )
    } catch {
      throw .store(error)
    }
  }
}

extension MergedImage {
  /// Reads the data of some entries of a layer, in the order in which they stand there.
  ///
  /// Holes of sparse files are left out: each piece comes with its place in the file.
  /// - Parameters:
  ///   - number: of the layer.
  ///   - wanted: the numbers of the entries.
  ///   - begin: told which entry begins.
  ///   - take: gets the data of that entry.
  ///   - end: told that it ends.
  /// - Throws: what these three throw, or when the layer is not what it was.
  func readEntries(
    ofLayer number: Int,
    _ wanted: Set<Int>,
    begin: (Int) throws(ContentsError) -> Void,
    take: (Span<UInt8>, UInt64) throws(ContentsError) -> Void,
    end: () throws(ContentsError) -> Void,
  ) throws(ContentsError) {
    var failure: ContentsError?
    var left = wanted.count
    var isInside = false
    let source = try layers[number].source(in: store)
    do throws(LayerError) {
      try readLayer(source, limits: .image) { count in
        progress(count)
        return !Interruption.isRequested
      } _: { event, piece throws(LayerError.Problem) in
        do throws(ContentsError) {
          switch event {
          case .entry(_, let entry):
            isInside = wanted.contains(entry)
            if isInside { try begin(entry) }
          case .data(let offset): if isInside { try take(piece, offset) }
          case .endOfEntry:
            guard isInside else { return }
            isInside = false
            try end()
            left -= 1
          }
        } catch {
          failure = error
          throw .stopped
        }
        // The whole was verified when the tree was made: the rest need not be read again.
        if left == 0 { throw .stopped }
      }
    } catch {
      if let failure { throw failure }
      guard left > 0 else { return }
      try checkInterruption()
      throw .layer(error)
    }
  }

  /// Writes the data of one regular file.
  /// - Throws: `notRegular` for anything else.
  package func writeData(
    of node: FileTree.NodeID,
    path: [UInt8],
    to output: borrowing OwnedDescriptor,
  ) throws(ContentsError) {
    guard case .regular(let layer, let entry, let size) = tree[node].content else {
      throw .notRegular(path, tree[node].content.kind)
    }
    let file = try duplicate(output)
    var gaps = GapFiller(size: size, limit: sparseLimit(layer))
    try readEntries(ofLayer: layer, [entry]) { _ in
    } take: { piece, offset throws(ContentsError) in
      try gaps.write(piece, at: offset, to: file)
    } end: { () throws(ContentsError) in
      try gaps.finish(file)
    }
  }

  /// How much the files of a layer may become with their holes filled.
  func sparseLimit(_ layer: Int) -> UInt64 {
    let (scaled, overflow) = UInt64(layers[layer].descriptor.size)
      .multipliedReportingOverflow(by: LayerLimits.image.ratio)
    return max(LayerLimits.image.freeBytes, overflow ? .max : scaled)
  }
}

func duplicate(
  _ output: borrowing OwnedDescriptor
) throws(ContentsError) -> OwnedDescriptor {
  do throws(FileError) {
    return try OwnedDescriptor(duplicating: output.raw)
  } catch {
    throw .output(error)
  }
}

/// Writes a file to a stream, with zeros where it has holes.
struct GapFiller {
  private let size: UInt64
  private let limit: UInt64
  private var position: UInt64 = 0

  init(size: UInt64, limit: UInt64) {
    self.size = size
    self.limit = limit
  }

  mutating func write(
    _ piece: Span<UInt8>,
    at offset: UInt64,
    to file: borrowing OwnedDescriptor,
  ) throws(ContentsError) {
    try fill(to: offset, file)
    do throws(FileError) {
      try file.write(piece)
    } catch {
      throw .output(error)
    }
    position += UInt64(piece.count)
  }

  mutating func finish(_ file: borrowing OwnedDescriptor) throws(ContentsError) {
    try fill(to: size, file)
  }

  private mutating func fill(
    to offset: UInt64,
    _ file: borrowing OwnedDescriptor,
  ) throws(ContentsError) {
    guard position < offset else { return }
    guard offset <= limit else { throw .tooLarge(limit: limit) }
    let zeros = [UInt8](repeating: 0, count: Int(min(offset - position, 65_536)))
    while position < offset {
      try checkInterruption()
      let count = Int(min(offset - position, UInt64(zeros.count)))
      do throws(FileError) {
        try file.write(zeros.span.extracting(0..<count))
      } catch {
        throw .output(error)
      }
      position += UInt64(count)
    }
  }
}

extension FileTree.Node.Content {
  package var kind: String {
    switch self {
    case .regular: "regular file"
    case .directory: "directory"
    case .symbolicLink: "symbolic link"
    case .characterDevice: "character device"
    case .blockDevice: "block device"
    case .fifo: "fifo"
    }
  }
}
