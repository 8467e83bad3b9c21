import Archive
import RootedFiles

/// Writes the entries of layers into a tree, one after the other.
///
/// Three promises hold for every entry: nothing outside the root is touched; what existed is replaced
/// and never written into, for its data may have other names; and the modes and times of directories
/// wait until all their children are there.
struct TreeWriter: ~Copyable {
  var root: RootDirectory
  let owner: Owner?
  var omissions = Omissions()
  private var openFile: OpenFile?
  var directories = DirectoryRecords()

  /// What this layer has put somewhere, and the directories on the way, by their real paths.
  var touched = TouchedPaths()
  /// The directories whose lower content this layer has hidden already.
  var hiddenDirectories: Set<RootedPath> = []
  var pendingLinks: [RootedPath: PendingLink] = [:]
  /// The length of all targets that this layer's links waited for.
  private var pendingTargetBytes = 0
  /// Whether there is anything that this layer could hide.
  var hasLowerFiles: Bool

  /// - Parameters:
  ///   - root: an empty directory.
  ///   - owner: of the root and of directories that no layer describes; nil for the caller.
  /// - Throws: when the root cannot be read or given its owner.
  init(root: consuming RootDirectory, owner: Owner?) throws(FileError) {
    let isEmpty = try root.directory.entries().isEmpty
    if let owner { try root.directory.descriptor.setOwner(uid: owner.uid, gid: owner.gid) }
    self.root = root
    self.owner = owner
    hasLowerFiles = !isEmpty
    directories.recordImplicit(RootedPath(""))
  }

  /// How much memory the names take that must be remembered.
  var rememberedBytes: Int {
    directories.byteCount + touched.byteCount + pendingTargetBytes
  }

  /// Starts an entry; its data and its end must follow.
  mutating func begin(_ step: EntryStep) throws(FileError) {
    switch step {
    case .ignore: break
    case .hide(let path): try hide(path)
    case .hideContents(let path): try hideContents(of: path)
    case .setRoot(let attributes): try setRoot(attributes)
    case .make(let file): try make(file)
    }
  }

  mutating func write(_ bytes: Span<UInt8>, at offset: UInt64) throws(FileError) {
    try openFile?.write(bytes, at: offset)
  }

  mutating func end() throws(FileError) {
    guard let file = openFile.take() else { return }
    try file.finish(&omissions)
  }

  /// Makes the links that waited, and forgets what was known of this layer.
  ///
  /// - Returns: a link whose target never came, if there is one.
  mutating func finishLayer() throws(FileError) -> PendingLink? {
    try makePendingLinks()
    touched = TouchedPaths()
    hiddenDirectories = []
    pendingTargetBytes = 0
    hasLowerFiles = true
    return pendingLinks.values.first
  }

  /// Gives all directories their modes and times, children before parents.
  consuming func finish() throws(FileError) -> Omissions {
    for (path, record) in directories.childrenFirst {
      guard let directory = try root.findReal(path)?.directory else { continue }
      try directory.descriptor.setMode(record.mode)
      try directory.descriptor.setTimes(accessed: record.accessed, modified: record.modified)
    }
    return omissions
  }

  private mutating func make(_ file: NewFile) throws(FileError) {
    let name = try FileName(file.path.lastComponent)
    let place = try parent(of: file.path)
    let path = RootedPath(name, in: place.path)
    touched.insert(path)
    if !pendingLinks.isEmpty { pendingLinks[path] = nil }
    switch file.kind {
    case .regular:
      let descriptor = try replacing(name, in: place) { directory throws(FileError) in
        try directory.createFile(name, mode: 0o600)
      }
      openFile = OpenFile(descriptor, file)
    case .directory:
      try makeDirectory(name, in: place, path: path, file.attributes)
    case .hardLink(let target):
      let link = PendingLink(name: name, place: place, target: RootedPath(cleaning: target[...]))
      if try !makeLink(link) {
        pendingLinks[path] = link
        pendingTargetBytes += link.target.bytes.count
      }
    case .symbolicLink(let target):
      try replacing(name, in: place) { directory throws(FileError) in
        try directory.makeSymbolicLink(name, to: target)
      }
      try finishSpecial(name, in: place.directory, file.attributes, isLink: true)
    case .fifo:
      try makeNode(name, in: place, .fifo, file.attributes)
    case .characterDevice(let major, let minor):
      try makeNode(name, in: place, .characterDevice(major: major, minor: minor), file.attributes)
    case .blockDevice(let major, let minor):
      try makeNode(name, in: place, .blockDevice(major: major, minor: minor), file.attributes)
    }
  }
}
