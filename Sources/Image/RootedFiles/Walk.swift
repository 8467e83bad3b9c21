import CImageSystem
import Glibc

/// Finds a directory component by component: the slow way, for paths through links, of any length,
/// or with parts that are missing.
struct Walk {
  private let root: Directory
  private let making: Bool
  private var current: Directory
  private var position: [ArraySlice<UInt8>] = []
  /// What is left to walk, the next one last.
  private var pending: [ArraySlice<UInt8>]
  private var linksLeft = 40

  private(set) var made: [RootedPath] = []
  private(set) var replacedSomething = false

  init(root: Directory, path: ArraySlice<UInt8>, making: Bool) {
    self.root = root
    self.making = making
    current = root
    pending = path.split(separator: 0x2F).reversed()
  }

  /// - Returns: nil when something is missing or no directory, and nothing may be made.
  mutating func run() throws(FileError) -> Location? {
    while let component = pending.popLast() {
      if component.elementsEqual([0x2E]) { continue }
      if component.elementsEqual([0x2E, 0x2E]) {
        try goUp()
        continue
      }
      guard try enter(FileName(component)) else { return nil }
    }
    return Location(directory: current, path: path)
  }

  private var path: RootedPath { RootedPath(cleaning: Array(position.joined(separator: [0x2F]))) }

  private mutating func enter(_ name: FileName) throws(FileError) -> Bool {
    switch try current.status(of: name)?.kind {
    case .directory:
      try goDown(name)
    case .symbolicLink:
      try follow(name)
    case nil:
      guard making else { return false }
      try make(name)
    default:
      guard making else { return false }
      try current.unlink(name)
      replacedSomething = true
      try make(name)
    }
    return true
  }

  private mutating func make(_ name: FileName) throws(FileError) {
    try current.makeDirectory(name, mode: 0o700)
    try goDown(name)
    made.append(path)
  }

  private mutating func goDown(_ name: FileName) throws(FileError) {
    current = try current.openDirectory(name)
    position.append(name.bytes)
  }

  /// The way up is asked anew from the root, not through `..`, which somebody could have moved.
  private mutating func goUp() throws(FileError) {
    guard position.popLast() != nil else { return }
    guard !position.isEmpty else {
      current = root
      return
    }
    let opened = try root.openBelow(
      path.bytes[...],
      flags: O_DIRECTORY,
      resolve: RESOLVE_NO_SYMLINKS,
    )
    current = Directory(owning: opened)
  }

  private mutating func follow(_ name: FileName) throws(FileError) {
    linksLeft -= 1
    guard linksLeft >= 0 else {
      throw .system(call: "open", code: .linkLoop, subject: Array(name.bytes))
    }
    let target = try current.target(of: name)
    if target.first == 0x2F {
      current = root
      position = []
    }
    pending += target.split(separator: 0x2F).reversed()
  }
}
