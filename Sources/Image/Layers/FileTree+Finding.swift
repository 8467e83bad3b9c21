package import RootedFiles

extension FileTree {
  /// Finds a file, following links inside the tree.
  ///
  /// - Parameters:
  ///   - path: from the root.
  ///   - isFollowing: whether a link in the last place is followed, too.
  /// - Returns: nil when there is no such file.
  /// - Throws: when links lead in a circle.
  package func find(
    _ path: RootedPath,
    isFollowing: Bool,
  ) throws(LayerError.Problem) -> NodeID? {
    guard !path.isRoot else { return FileTree.root }
    guard !isFollowing else { return try find(path.components, wantsDirectory: false) }
    guard let place = try place(of: path) else { return nil }
    return child(place)
  }

  /// The names in a directory with their files, sorted by their bytes.
  package func entries(of directory: NodeID) -> [(name: FileName, node: NodeID)] {
    (children[directory] ?? [:]).map { (name: $0.key, node: $0.value) }
      .sorted { $0.name.bytes.lexicographicallyPrecedes($1.name.bytes) }
  }

  /// Every name below a directory with its path, in the order of the paths, parents first.
  package func forEachEntry<Failure: Error>(
    below top: NodeID = FileTree.root,
    _ body: (_ path: RootedPath, _ node: NodeID) throws(Failure) -> Void,
  ) throws(Failure) {
    var pending = entries(of: top).reversed().map {
      (RootedPath($0.name, in: RootedPath("")), $0.node)
    }
    while let (path, node) = pending.popLast() {
      try body(path, node)
      guard nodes[node].isDirectory else { continue }
      for entry in entries(of: node).reversed() {
        pending.append((RootedPath(entry.name, in: path), entry.node))
      }
    }
  }

  func child(_ place: Place) -> NodeID? { children[place.parent]?[place.name] }

  /// Finds a directory, following links.
  func find(_ components: [ArraySlice<UInt8>]) throws(LayerError.Problem) -> NodeID? {
    try find(components, wantsDirectory: true)
  }

  private func find(
    _ components: [ArraySlice<UInt8>],
    wantsDirectory: Bool,
  ) throws(LayerError.Problem) -> NodeID? {
    var walk = TreeWalk(components)
    while let component = walk.next(in: self) {
      let place = Place(parent: walk.current, name: try fileName(component))
      if try walk.enter(place, in: self) { continue }
      guard walk.isAtEnd, !wantsDirectory else { return nil }
      return child(place)
    }
    return walk.current
  }

  /// The directory and name that a path leads to, its last component not followed.
  func place(of path: RootedPath) throws(LayerError.Problem) -> Place? {
    guard !path.isRoot, let parent = try find(path.parent.split(separator: 0x2F)) else {
      return nil
    }
    return Place(parent: parent, name: try fileName(path.lastComponent))
  }

  func fileName(_ bytes: ArraySlice<UInt8>) throws(LayerError.Problem) -> FileName {
    do throws(FileError) {
      return try FileName(bytes)
    } catch {
      throw .file(error)
    }
  }
}

/// A walk from the root, component by component, through links as in a chroot.
struct TreeWalk {
  var current = FileTree.root
  /// What is left to walk, the next one last.
  private var pending: [ArraySlice<UInt8>]
  private var linksLeft = 40

  init(_ components: [ArraySlice<UInt8>]) {
    pending = components.reversed()
  }

  var isAtEnd: Bool { pending.isEmpty }

  /// The next component that names something.
  mutating func next(in tree: FileTree) -> ArraySlice<UInt8>? {
    while let component = pending.popLast() {
      if component.elementsEqual([0x2E]) { continue }
      guard component.elementsEqual([0x2E, 0x2E]) else { return component }
      current = tree[current].place?.parent ?? FileTree.root
    }
    return nil
  }

  /// Goes into a directory, or to where a link leads.
  ///
  /// - Returns: false when neither is there.
  mutating func enter(
    _ place: FileTree.Place,
    in tree: FileTree,
  ) throws(LayerError.Problem) -> Bool {
    guard let node = tree.child(place) else { return false }
    switch tree[node].content {
    case .directory: current = node
    case .symbolicLink(let target):
      linksLeft -= 1
      guard linksLeft >= 0 else {
        throw .file(.system(call: "open", code: .linkLoop, subject: Array(place.name.bytes)))
      }
      if target.first == 0x2F { current = FileTree.root }
      pending += target.split(separator: 0x2F).reversed()
    case .regular, .characterDevice, .blockDevice, .fifo: return false
    }
    return true
  }
}
