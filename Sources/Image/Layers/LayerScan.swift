package import Archive

extension FileTree {
  /// Applies a whole layer, verifying it on the way.
  ///
  /// A tree whose layers did not all apply must not be used.
  /// - Parameters:
  ///   - source: the layer.
  ///   - number: of the layer, for the files that it brings.
  ///   - limits: against bombs.
  ///   - progress: is told how many bytes of the blob were read; when it returns false the work stops.
  /// - Throws: when the layer is not what it should be, or breaks a rule.
  package mutating func apply(
    _ source: consuming LayerSource,
    number: Int,
    limits: LayerLimits,
    progress: (Int64) -> Bool,
  ) throws(LayerError) {
    let digest = source.digest
    var current: [UInt8]?
    beginLayer(number)
    do throws(LayerError.Problem) {
      try scanEntries(source, limits: limits, progress: progress) {
        event,
        _ throws(LayerError.Problem) in
        switch event {
        case .entry(let entry, let number):
          current = entry.path
          if case .regular = entry.kind, entry.size > limits.fileSize {
            throw .tooLarge(what: "the size of the file", limit: "\(limits.fileSize) bytes")
          }
          try apply(entry, number: number)
          guard byteCount <= limits.nameBytes else {
            throw .tooLarge(what: "the length of all names", limit: "\(limits.nameBytes) bytes")
          }
        case .data: break
        case .endOfEntry: current = nil
        }
      }
      try finishLayer()
    } catch {
      throw LayerError(layer: digest, entry: current, problem: error)
    }
  }
}

/// Something of a layer's archive, in its order.
package enum LayerEvent {
  case entry(Entry, number: Int)
  /// Data of the last entry, and where in the file it belongs; the bytes come beside it.
  case data(offset: UInt64)
  case endOfEntry
}

/// Reads a layer again for the data of its entries, verifying it on the way.
/// - Throws: when the layer is not what it should be, or `take` throws.
package func readLayer(
  _ source: consuming LayerSource,
  limits: LayerLimits,
  progress: (Int64) -> Bool,
  _ take: (LayerEvent, Span<UInt8>) throws(LayerError.Problem) -> Void,
) throws(LayerError) {
  let digest = source.digest
  do throws(LayerError.Problem) {
    try scanEntries(source, limits: limits, progress: progress, take)
  } catch {
    throw LayerError(layer: digest, entry: nil, problem: error)
  }
}

private func scanEntries(
  _ source: consuming LayerSource,
  limits: LayerLimits,
  progress: (Int64) -> Bool,
  _ take: (LayerEvent, Span<UInt8>) throws(LayerError.Problem) -> Void,
) throws(LayerError.Problem) {
  var reader = ArchiveReader(limits: .image)
  var number = 0
  try scanLayer(source, limits: limits, progress: progress) { piece throws(LayerError.Problem) in
    var position = 0
    while true {
      let event: ArchiveReader.Event?
      do throws(ArchiveError) {
        event = try reader.next(in: piece, at: &position)
      } catch {
        throw .archive(error)
      }
      switch event {
      case nil: return
      case .entry(let entry):
        try take(.entry(entry, number: number), piece.extracting(0..<0))
        number += 1
      case .data(let range, let offset):
        try take(.data(offset: offset), piece.extracting(range))
      case .endOfEntry: try take(.endOfEntry, piece.extracting(0..<0))
      }
    }
  }
  do throws(ArchiveError) {
    try reader.finish()
  } catch {
    throw .archive(error)
  }
}
