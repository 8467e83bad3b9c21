import BundleConfig
import RootedFiles

/// Takes the image's volumes out of the rootfs, with the data that they begin with.
///
/// Each becomes the directory `volumes/N` of the bundle, to be bound over the place that it came
/// from. It is moved, not copied: content, owners and links stay as they are. It does not stay in the
/// rootfs, where the container could put a link in its place that the next start would follow on the
/// host.
struct VolumeSeeds {
  private let bundle: Directory
  private let rootfs: Directory
  private let owner: (uid: UInt32, gid: UInt32)?

  /// - Parameters:
  ///   - bundle: the directory to make `volumes` in.
  ///   - rootfs: the unpacked image.
  ///   - owner: the container's root on the host; nil when all files are the caller's.
  init(bundle: Directory, rootfs: Directory, owner: (uid: UInt32, gid: UInt32)?) {
    self.bundle = bundle
    self.rootfs = rootfs
    self.owner = owner
  }

  /// Takes out each volume; deeper places come first.
  /// - Returns: the mounts, shallower places first, as they have to be made.
  func take(_ paths: [String]) throws(UnpackError) -> [BundleMount] {
    guard !paths.isEmpty else { return [] }
    let volumes = try onBundle { () throws(FileError) in
      try bundle.makeAndOpen("volumes", mode: 0o711)
    }
    var mounts: [BundleMount] = []
    for (number, path) in paths.enumerated() {
      let name = String(number)
      try take(path, as: name, into: volumes)
      mounts.append(.volume(source: "volumes/\(name)", destination: path))
    }
    return mounts.reversed()
  }

  private func take(
    _ path: String,
    as name: String,
    into volumes: Directory,
  ) throws(UnpackError) {
    let place = try place(of: path)
    guard !place.path.isRoot else {
      throw .configuration(.volume(path: path, problem: "leads to the root"))
    }
    try onBundle { () throws(FileError) in
      // A new root each time: it remembers places, and places are being moved.
      var root = RootDirectory(rootfs)
      guard let parent = try root.find(place.path.parent) else {
        throw .movedMeanwhile(subject: place.path.bytes)
      }
      let status = try place.directory.descriptor.status()
      let parentStatus = try parent.directory.descriptor.status()
      let component = try FileName(place.path.lastComponent)
      try parent.directory.rename(component, to: try FileName(name), in: volumes)
      try parent.directory.makeDirectory(component, mode: 0o700)
      let mountPoint = try parent.directory.openDirectory(component)
      if owner != nil { try mountPoint.descriptor.setOwner(uid: status.uid, gid: status.gid) }
      try mountPoint.descriptor.setMode(status.mode)
      let modified = status.modified
      try mountPoint.descriptor.setTimes(accessed: modified, modified: modified)
      let parentModified = parentStatus.modified
      try parent.directory.descriptor.setTimes(accessed: parentModified, modified: parentModified)
    }
  }

  /// The volume's directory, inside the rootfs whatever links lead there, made where missing.
  private func place(of path: String) throws(UnpackError) -> Location {
    let rooted = RootedPath(path)
    let found = try onBundle { () throws(FileError) -> Location? in
      var root = RootDirectory(rootfs)
      if let found = try root.find(rooted.bytes[...]) { return found }
      // What stands in the way as something else is the image's, and not ours to replace.
      guard try !isTaken(rooted, in: &root) else { return nil }
      var made: [RootedPath] = []
      let place = try root.findOrMake(rooted.bytes[...], made: &made)
      for path in made { try openMade(path, in: &root) }
      return place
    }
    guard let found else {
      throw .configuration(.volume(path: path, problem: "the image has no directory there"))
    }
    return found
  }

  /// Whether a file, or a link that leads to no directory, stands anywhere on the way.
  private func isTaken(_ path: RootedPath, in root: inout RootDirectory) throws(FileError) -> Bool {
    var parent: [UInt8] = []
    for component in path.components {
      guard let place = try root.find(parent[...]) else { return true }
      guard let status = try place.directory.status(of: try FileName(component)) else {
        return false
      }
      if !parent.isEmpty { parent.append(UInt8(ascii: "/")) }
      parent += component
      if status.kind != .directory, try root.find(parent[...]) == nil { return true }
    }
    return false
  }

  /// Directories that were missing belong to the container's root and let everybody pass.
  private func openMade(_ path: RootedPath, in root: inout RootDirectory) throws(FileError) {
    guard let place = try root.find(path.bytes[...]) else { return }
    if let owner { try place.directory.descriptor.setOwner(uid: owner.uid, gid: owner.gid) }
    try place.directory.descriptor.setMode(0o755)
  }
}
