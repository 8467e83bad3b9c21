package import Archive
import RootedFiles

/// The files of an image without their data: what an unpack would make, kept in memory.
///
/// Layers are applied to it as `TreeWriter` applies them to a directory, with the same rules for links
/// on the way, whiteouts and hard links; nothing of it can lead anywhere but inside. The data stays
/// in the layers: each regular file knows in which one, and at which entry.
/// Spec: image-spec layer.md, "Applying Changesets".
package struct FileTree {
  package typealias NodeID = Int

  /// A file with all of its names.
  package struct Node {
    package enum Content: Equatable {
      /// The number of the layer, and of the entry in it that has the data.
      case regular(layer: Int, entry: Int, size: UInt64)
      case directory
      case symbolicLink(target: [UInt8])
      case characterDevice(major: UInt32, minor: UInt32)
      case blockDevice(major: UInt32, minor: UInt32)
      case fifo
    }

    package let content: Content
    package internal(set) var attributes: NodeAttributes
    /// Where a directory is; nil for the root and for other files, which may have several names.
    let place: Place?

    package var isDirectory: Bool { content == .directory }
  }

  /// A name in a directory.
  struct Place: Hashable {
    let parent: NodeID
    let name: FileName
  }

  package internal(set) var nodes = [
    Node(content: .directory, attributes: .implicit, place: nil)
  ]
  var children: [NodeID: [FileName: NodeID]] = [:]

  /// The number of the layer that is being applied.
  private var layer = 0
  /// What this layer has put somewhere, and the directories on the way.
  private var touched: Set<Place> = []
  /// The directories whose lower content this layer has hidden already.
  private var hidden: Set<NodeID> = []
  private var pendingLinks: [Place: RootedPath] = [:]
  /// About how much memory the names take, those of files that are gone by now too.
  private(set) var byteCount = 0

  package static let root: NodeID = 0

  package init() {}

  package subscript(id: NodeID) -> Node { nodes[id] }
}

/// Everything about a file but its name, kind and data.
package struct NodeAttributes: Equatable {
  package let mode: UInt32
  package let uid: UInt64
  package let gid: UInt64
  package let modified: Timestamp
  /// By their names, each once.
  package let extended: [Entry.Attribute]

  /// Of a directory that no layer describes.
  static let implicit = NodeAttributes(
    mode: 0o755,
    uid: 0,
    gid: 0,
    modified: Timestamp(seconds: 0),
    extended: [],
  )

  private init(
    mode: UInt32,
    uid: UInt64,
    gid: UInt64,
    modified: Timestamp,
    extended: [Entry.Attribute],
  ) {
    self.mode = mode
    self.uid = uid
    self.gid = gid
    self.modified = modified
    self.extended = extended
  }

  init(_ entry: Entry) {
    var values: [[UInt8]: [UInt8]] = [:]
    // The labels of the machine that built the image mean nothing elsewhere.
    for attribute in entry.attributes
    where !attribute.name.elementsEqual("security.selinux".utf8) {
      values[attribute.name] = attribute.value
    }
    self.init(
      mode: entry.mode,
      uid: entry.uid,
      gid: entry.gid,
      modified: entry.modified,
      extended: values.keys.sorted { $0.lexicographicallyPrecedes($1) }
        .map { Entry.Attribute(name: $0, value: values[$0] ?? []) },
    )
  }
}

extension FileTree {
  mutating func beginLayer(_ number: Int) {
    layer = number
  }

  /// Applies one entry; its data is left where it is.
  mutating func apply(_ entry: Entry, number: Int) throws(LayerError.Problem) {
    switch try LayerPath(entry.path) {
    case .ignored: break
    case .whiteout(let path): try hide(path)
    case .opaque(let directory):
      if let id = try find(directory.components) { removeUntouched(below: id) }
    case .root:
      guard entry.kind == .directory else { throw .rootIsNoDirectory }
      nodes[FileTree.root].attributes = NodeAttributes(entry)
    case .file(let path): try make(path, entry, number: number)
    }
  }

  /// Makes the links whose targets came later, and forgets what was known of this layer.
  mutating func finishLayer() throws(LayerError.Problem) {
    var waiting: [Place: [Place]] = [:]
    var ready: [Place] = []
    for (link, target) in pendingLinks {
      guard let place = try place(of: target) else { throw .missingLinkTarget(target.bytes) }
      if child(place) == nil {
        waiting[place, default: []].append(link)
      } else {
        ready.append(link)
      }
    }
    // Each link that is made may be the target that others wait for.
    while let link = ready.popLast() {
      guard let target = pendingLinks.removeValue(forKey: link) else { continue }
      guard try makeLink(link, to: target) else { throw .missingLinkTarget(target.bytes) }
      ready += waiting.removeValue(forKey: link) ?? []
    }
    if let target = pendingLinks.values.first { throw .missingLinkTarget(target.bytes) }
    touched = []
    hidden = []
  }

  private mutating func make(
    _ path: RootedPath,
    _ entry: Entry,
    number: Int,
  ) throws(LayerError.Problem) {
    let parent = try makeDirectories(path.parent.split(separator: 0x2F))
    let place = Place(parent: parent, name: try fileName(path.lastComponent))
    touch(place)
    pendingLinks[place] = nil
    byteCount += path.lastComponent.count + FileTree.nodeCost
    for attribute in entry.attributes { byteCount += attribute.name.count + attribute.value.count }
    let attributes = NodeAttributes(entry)
    switch entry.kind {
    case .directory:
      if let existing = child(place), nodes[existing].isDirectory {
        nodes[existing].attributes = attributes
      } else {
        try checkDepth(in: parent)
        add(Node(content: .directory, attributes: attributes, place: place), at: place)
      }
    case .hardLink(let target):
      let target = RootedPath(cleaning: target[...])
      guard try !makeLink(place, to: target) else { return }
      byteCount += target.bytes.count
      pendingLinks[place] = target
    case .regular:
      add(.regular(layer: layer, entry: number, size: entry.size), attributes, at: place)
    case .symbolicLink(let target):
      byteCount += target.count
      add(.symbolicLink(target: target), attributes, at: place)
    case .characterDevice(let major, let minor):
      add(.characterDevice(major: major, minor: minor), attributes, at: place)
    case .blockDevice(let major, let minor):
      add(.blockDevice(major: major, minor: minor), attributes, at: place)
    case .fifo: add(.fifo, attributes, at: place)
    }
  }

  /// As long as the longest name that an entry may have.
  private static let pathLimit = 16_384

  /// Refuses a directory too deep to be told of: through links a few kilobytes of archive nest without
  /// end, and every path below is as long as all of them.
  private func checkDepth(in parent: NodeID) throws(LayerError.Problem) {
    var length = 0
    var next = nodes[parent].place
    while let place = next {
      length += place.name.bytes.count + 1
      next = nodes[place.parent].place
    }
    guard length <= FileTree.pathLimit else {
      throw .tooLarge(what: "the length of a path", limit: "\(FileTree.pathLimit) bytes")
    }
  }

  /// What a file costs besides its names, roughly.
  private static let nodeCost = 200

  private mutating func add(
    _ content: Node.Content,
    _ attributes: NodeAttributes,
    at place: Place,
  ) {
    add(Node(content: content, attributes: attributes, place: nil), at: place)
  }

  private mutating func add(_ node: Node, at place: Place) {
    nodes.append(node)
    children[place.parent, default: [:]][place.name] = nodes.count - 1
  }

  /// - Returns: false when there is no target yet.
  private mutating func makeLink(
    _ link: Place,
    to target: RootedPath,
  ) throws(LayerError.Problem) -> Bool {
    guard let place = try place(of: target), let node = child(place) else { return false }
    guard !nodes[node].isDirectory else {
      throw .file(.system(call: "link", code: .notPermitted, subject: target.bytes))
    }
    children[link.parent, default: [:]][link.name] = node
    return true
  }

  private mutating func touch(_ place: Place) {
    var next: Place? = place
    while let place = next, touched.insert(place).inserted { next = nodes[place.parent].place }
  }

  /// Hides what lower layers have at a path; what this layer put there stays.
  private mutating func hide(_ path: RootedPath) throws(LayerError.Problem) {
    guard let place = try place(of: path), let node = child(place) else { return }
    if !touched.contains(place) {
      children[place.parent]?[place.name] = nil
    } else if nodes[node].isDirectory {
      removeUntouched(below: node)
    }
  }

  /// Goes down only where this layer put something.
  private mutating func removeUntouched(below top: NodeID) {
    guard hidden.insert(top).inserted else { return }
    var waiting = [top]
    while let directory = waiting.popLast() {
      for (name, node) in children[directory] ?? [:] {
        if !touched.contains(Place(parent: directory, name: name)) {
          children[directory]?[name] = nil
        } else if nodes[node].isDirectory {
          waiting.append(node)
        }
      }
    }
  }

  /// Finds a directory and makes what is missing on the way, replacing what isn't a directory.
  private mutating func makeDirectories(
    _ components: [ArraySlice<UInt8>]
  ) throws(LayerError.Problem) -> NodeID {
    var walk = TreeWalk(components)
    while let component = walk.next(in: self) {
      let place = Place(parent: walk.current, name: try fileName(component))
      if try walk.enter(place, in: self) { continue }
      byteCount += component.count + FileTree.nodeCost
      touch(place)
      try checkDepth(in: walk.current)
      add(Node(content: .directory, attributes: .implicit, place: place), at: place)
      walk.current = nodes.count - 1
    }
    return walk.current
  }
}
