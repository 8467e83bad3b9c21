import Archive
import Hashing
import Layers
import RootedFiles

/// How one file of an image differs in another.
package struct FileChange: Equatable, Sendable {
  package enum Kind: String, Sendable {
    case added
    case removed
    case changed
  }

  package let kind: Kind
  package let path: [UInt8]
  /// What is different of a changed file, as `mode 0644 to 0755`.
  package let reasons: [String]
}

/// Compares two images, file by file, in the order of the paths.
///
/// Data is read only where all else leaves it open, and never kept: two digests are compared.
/// - Parameters:
///   - first: the older image.
///   - second: the newer one.
///   - ignoresTimes: whether the time of the last change is no reason.
/// - Returns: what is different.
/// - Throws: when a layer is not what it was.
package func changes(
  from first: MergedImage,
  to second: MergedImage,
  ignoresTimes: Bool,
) throws(ContentsError) -> [FileChange] {
  var comparison = Comparison(first: first, second: second, ignoresTimes: ignoresTimes)
  try comparison.compareTrees()
  return try comparison.finish()
}

private struct Comparison {
  let first: MergedImage
  let second: MergedImage
  let ignoresTimes: Bool
  private var found: [FileChange] = []
  /// Files that may differ in their data alone.
  private var open: [(path: [UInt8], left: DataPlace, right: DataPlace)] = []

  init(first: MergedImage, second: MergedImage, ignoresTimes: Bool) {
    self.first = first
    self.second = second
    self.ignoresTimes = ignoresTimes
  }

  mutating func compareTrees() throws(ContentsError) {
    var right: [RootedPath: FileTree.NodeID] = [:]
    second.tree.forEachEntry { path, node in right[path] = node }
    first.tree.forEachEntry { path, node in
      guard let other = right.removeValue(forKey: path) else {
        found.append(FileChange(kind: .removed, path: path.bytes, reasons: []))
        return
      }
      compare(path.bytes, first.tree[node], second.tree[other])
    }
    compare([], first.tree[FileTree.root], second.tree[FileTree.root])
    found += right.keys.map { FileChange(kind: .added, path: $0.bytes, reasons: []) }
  }

  private mutating func compare(
    _ path: [UInt8],
    _ left: FileTree.Node,
    _ right: FileTree.Node,
  ) {
    var reasons = reasons(left.attributes, right.attributes)
    switch (left.content, right.content) {
    case (.regular(let layer, let entry, let size), .regular(let layer2, let entry2, let size2)):
      let isSame = entry == entry2 && first.layers[layer].diffID == second.layers[layer2].diffID
      if size != size2 {
        reasons.append("size \(size) to \(size2)")
      } else if !isSame, size > 0 {
        open.append(
          (
            path, DataPlace(layer: layer, entry: entry, size: size),
            DataPlace(layer: layer2, entry: entry2, size: size)
          )
        )
      }
    case (.symbolicLink(let target), .symbolicLink(let target2)):
      if target != target2 { reasons.append("target \(shown(target)) to \(shown(target2))") }
    case (let content, let content2):
      if content.kind != content2.kind {
        reasons.append("\(content.kind) to \(content2.kind)")
      } else if content != content2 {
        reasons.append("device")
      }
    }
    if !reasons.isEmpty {
      found.append(FileChange(kind: .changed, path: path, reasons: reasons))
    }
  }

  private func reasons(_ left: NodeAttributes, _ right: NodeAttributes) -> [String] {
    var reasons: [String] = []
    if left.mode != right.mode {
      reasons.append("mode \(octal(left.mode)) to \(octal(right.mode))")
    }
    if left.uid != right.uid || left.gid != right.gid {
      reasons.append("owner \(left.uid):\(left.gid) to \(right.uid):\(right.gid)")
    }
    if left.modified != right.modified, !ignoresTimes { reasons.append("time") }
    let names = Set((left.extended + right.extended).map(\.name)).filter { name in
      left.extended.first { $0.name == name }?.value
        != right.extended.first { $0.name == name }?.value
    }
    for name in names.map({ shown($0) }).sorted() { reasons.append("attribute \(name)") }
    return reasons
  }

  private func octal(_ mode: UInt32) -> String {
    let digits = String(mode, radix: 8)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }

  /// Reads the data that everything hangs on, and puts all in order.
  mutating func finish() throws(ContentsError) -> [FileChange] {
    let left = try first.digests(of: open.map(\.left))
    let right = try second.digests(of: open.map(\.right))
    var changed: [[UInt8]: [String]] = [:]
    for file in open where left[file.left] != right[file.right] { changed[file.path] = ["content"] }
    var result = found.map { change in
      guard let more = changed.removeValue(forKey: change.path) else { return change }
      return FileChange(kind: change.kind, path: change.path, reasons: change.reasons + more)
    }
    result += changed.map { FileChange(kind: .changed, path: $0.key, reasons: $0.value) }
    return result.sorted { $0.path.lexicographicallyPrecedes($1.path) }
  }
}

/// Where the data of a file is.
private struct DataPlace: Hashable {
  let layer: Int
  let entry: Int
  let size: UInt64
}

extension MergedImage {
  fileprivate func digests(of places: [DataPlace]) throws(ContentsError) -> [DataPlace: String] {
    var digests: [DataPlace: String] = [:]
    let layers = Dictionary(grouping: places, by: \.layer)
    for (layer, places) in layers.sorted(by: { $0.key < $1.key }) {
      let wanted = Dictionary(grouping: places, by: \.entry).compactMapValues(\.first)
      var current: DataPlace?
      var data = DataHash()
      try readEntries(ofLayer: layer, Set(wanted.keys)) { entry in
        current = wanted[entry]
        data = DataHash()
      } take: { piece, offset in
        data.update(piece, at: offset)
      } end: {
        guard let current else { return }
        var whole = DataHash()
        swap(&data, &whole)
        digests[current] = whole.finish(size: current.size)
      }
    }
    return digests
  }
}

/// The digest of a file's data, holes counting as the zeros that they read as.
private struct DataHash: ~Copyable {
  private var hash = IncrementalHash(.sha256)
  private var position: UInt64 = 0

  /// Larger holes are hashed by their length: a bomb is not to be blown up here.
  private static let largestHole: UInt64 = 1 << 28

  mutating func update(_ piece: Span<UInt8>, at offset: UInt64) {
    skip(to: offset)
    hash.update(piece)
    position += UInt64(piece.count)
  }

  consuming func finish(size: UInt64) -> String {
    skip(to: size)
    return hash.finishHexadecimal()
  }

  private mutating func skip(to offset: UInt64) {
    guard position < offset else { return }
    if offset - position > DataHash.largestHole {
      hash.update(Array("hole of \(offset - position)".utf8).span)
      position = offset
      return
    }
    let zeros = [UInt8](repeating: 0, count: Int(min(offset - position, 65_536)))
    while position < offset {
      let count = Int(min(offset - position, UInt64(zeros.count)))
      hash.update(zeros.span.extracting(0..<count))
      position += UInt64(count)
    }
  }
}
