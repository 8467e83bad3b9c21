import RootedFiles

/// A hard link to be made, now or when its target has come.
struct PendingLink {
  let name: FileName
  let place: Location
  let target: RootedPath

  var path: RootedPath { RootedPath(name, in: place.path) }
}

extension TreeWriter {
  /// Makes a hard link; its attributes are those of the target already.
  ///
  /// The way to the target is found inside the root, and the target itself is never followed.
  ///
  /// - Returns: false when there is no target yet.
  mutating func makeLink(_ link: PendingLink) throws(FileError) -> Bool {
    guard !link.target.isRoot else {
      throw .system(call: "link", code: .notPermitted, subject: Array(link.name.bytes))
    }
    let targetName = try FileName(link.target.lastComponent)
    guard let targetPlace = try root.find(link.target.parent),
      let target = try targetPlace.directory.status(of: targetName)
    else { return false }
    if let existing = try link.place.directory.status(of: link.name) {
      // Linked to itself, under one or two names: removing it first would lose it.
      if existing.identity == target.identity { return true }
      try root.removeTree(link.name, in: link.place)
    }
    try link.place.directory.makeLink(link.name, to: targetName, in: targetPlace.directory)
    return true
  }

  /// Makes the links that waited for their targets, also those that waited for each other.
  mutating func makePendingLinks() throws(FileError) {
    for path in pendingLinks.keys.sorted(by: { $0.bytes.lexicographicallyPrecedes($1.bytes) }) {
      try makePendingLink(at: path)
    }
  }

  /// Follows the chain of links that wait for each other to its end, then makes them backwards: each
  /// is looked at twice at most, however an archive orders them.
  private mutating func makePendingLink(at path: RootedPath) throws(FileError) {
    var chain: [PendingLink] = []
    var inChain: Set<RootedPath> = []
    var next: RootedPath? = path
    while let path = next, let link = pendingLinks[path], inChain.insert(path).inserted {
      chain.append(link)
      next = try realPath(of: link.target)
    }
    while let link = chain.popLast() {
      guard try makeLink(link) else { return }
      pendingLinks[link.path] = nil
    }
  }

  private mutating func realPath(of path: RootedPath) throws(FileError) -> RootedPath? {
    guard !path.isRoot, let place = try root.find(path.parent) else { return nil }
    return RootedPath(try FileName(path.lastComponent), in: place.path)
  }
}
