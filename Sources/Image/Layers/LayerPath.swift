import RootedFiles

/// What an entry's name means in a layer.
///
/// Spec: image-spec layer.md, "Whiteouts".
enum LayerPath: Equatable {
  case root
  case file(RootedPath)
  /// Hides what lower layers have at the path.
  case whiteout(RootedPath)
  /// Hides everything that lower layers have in the directory.
  case opaque(directory: RootedPath)
  /// A leftover of AUFS.
  case ignored

  private static let prefix = Array(".wh.".utf8)
  private static let reservedPrefix = Array(".wh..wh.".utf8)
  private static let opaqueName = Array(".wh..wh..opq".utf8)

  /// - Throws: for a whiteout of nothing, and for one that is used as a directory.
  init(_ raw: [UInt8]) throws(LayerError.Problem) {
    let path = RootedPath(cleaning: raw[...])
    guard !path.isRoot else {
      self = .root
      return
    }
    guard path.bytes.contains(sequence: Self.prefix) else {
      self = .file(path)
      return
    }
    for component in path.parent.split(separator: 0x2F) where component.starts(with: Self.prefix) {
      guard component.starts(with: Self.reservedPrefix) else { throw .badWhiteout }
      self = .ignored
      return
    }
    self = try Self.meaning(of: path)
  }

  private static func meaning(of path: RootedPath) throws(LayerError.Problem) -> LayerPath {
    let name = path.lastComponent
    guard name.starts(with: prefix) else { return .file(path) }
    if name.elementsEqual(opaqueName) {
      return .opaque(directory: RootedPath(cleaning: path.parent))
    }
    guard !name.starts(with: reservedPrefix) else { return .ignored }
    let hidden = name.dropFirst(prefix.count)
    // Taken for a path, these would hide the directory itself or the one above.
    guard !hidden.isEmpty, !hidden.elementsEqual([0x2E]), !hidden.elementsEqual([0x2E, 0x2E]) else {
      throw .badWhiteout
    }
    return .whiteout(RootedPath(cleaning: path.parent + [0x2F] + hidden))
  }
}

extension [UInt8] {
  /// Whether the bytes hold the others; quick for the many names that hold no dot at all.
  fileprivate func contains(sequence: [UInt8]) -> Bool {
    var rest = self[...]
    while let start = rest.firstIndex(of: sequence[0]) {
      rest = rest[start...]
      if rest.starts(with: sequence) { return true }
      rest = rest.dropFirst()
    }
    return false
  }
}
