import RootedFiles

extension TreeWriter {
  /// Removes what lower layers have at a path; what this layer put there stays, whichever came first.
  mutating func hide(_ path: RootedPath) throws(FileError) {
    guard hasLowerFiles, let place = try root.find(path.parent) else { return }
    let name = try FileName(path.lastComponent)
    let realPath = RootedPath(name, in: place.path)
    guard touched.contains(realPath) else {
      try root.removeTree(name, in: place)
      return
    }
    if try place.directory.status(of: name)?.kind == .directory {
      try removeUntouched(below: realPath)
    }
  }

  /// Removes what lower layers have in a directory, which itself stays.
  mutating func hideContents(of path: RootedPath) throws(FileError) {
    guard hasLowerFiles, let place = try root.find(path.bytes[...]) else { return }
    // The second time in a layer there is nothing left to hide.
    guard opaqueDirectories.insert(place.path).inserted else { return }
    try removeUntouched(below: place.path)
  }

  /// Goes down only where this layer put something, by a list instead of recursion.
  private mutating func removeUntouched(below top: RootedPath) throws(FileError) {
    var waiting = [top]
    while let path = waiting.popLast() {
      guard let place = try root.findReal(path) else { continue }
      for entry in try place.directory.entries() {
        let child = RootedPath(entry.name, in: path)
        if !touched.contains(child) {
          try root.removeTree(entry.name, in: place)
        } else if try place.directory.status(of: entry.name)?.kind == .directory {
          waiting.append(child)
        }
      }
    }
  }
}
