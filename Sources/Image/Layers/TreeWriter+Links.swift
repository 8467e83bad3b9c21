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
    var isProgressing = true
    while isProgressing, !pendingLinks.isEmpty {
      isProgressing = false
      for (path, link) in pendingLinks where try makeLink(link) {
        pendingLinks[path] = nil
        isProgressing = true
      }
    }
  }
}
