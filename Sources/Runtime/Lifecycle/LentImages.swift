import Kernel

/// Images that the root of a user namespace may read, for as long as CRIU restores a container in it.
///
/// CRIU opens most of them in the processes that it restores, and those are strangers to the owner of
/// the images by then. They are lent by their group: nobody but the owner ever may write what CRIU
/// trusts.
///
/// Who made a checkpoint need not be who restores it, so nothing is lent but what an image must be: a
/// file of one name, called `*.img`, in a directory that CRIU has left its inventory in.
struct LentImages {
  private struct Image {
    let name: String
    let status: FileStatus
  }

  /// One directory of images, held for as long as they are lent.
  private final class Checkpoint {
    let directory: OwnedDescriptor
    let path: String
    let status: FileStatus
    var images: [Image] = []

    init(_ directory: consuming OwnedDescriptor, path: String) throws(KernelError) {
      status = try directory.status()
      self.directory = directory
      self.path = path
    }
  }

  private var checkpoints: [Checkpoint] = []
  /// Pre-dumps behind one another: more than CRIU itself goes through.
  private static let mostParents = 64
  private static let fileFlags: OpenFlags = [
    .readOnly, .nonblocking, .noFollow, .noControllingTerminal,
  ]

  /// Lends the images in a directory, and those of the pre-dumps that it is based on, which have to
  /// be in the directory that has this one.
  init(in path: String, toGroup group: UInt32) throws(RuntimeError) {
    do throws(RuntimeError) {
      let outer = try about("checkpoint") { () throws(KernelError) in
        try open(at: open(path, [.path, .directory]), "..", [.path, .directory], [])
      }
      let name = path.utf8.split(separator: UInt8(ascii: "/")).last
      var place = name.map { String(Substring($0)) } ?? "."
      for depth in 0..<Self.mostParents {
        guard let checkpoint = try Self.find(place, in: outer, mayMiss: depth > 0) else { return }
        try about("images for the container's root") { () throws(KernelError) in
          try lend(checkpoint, toGroup: group)
        }
        place += "/parent"
      }
    } catch {
      // What keeps it from being taken back as well is the same.
      _ = takeBack()
      throw error
    }
  }

  /// Opens a checkpoint; nil where there is none and need not be.
  private static func find(
    _ place: String,
    in outer: borrowing OwnedDescriptor,
    mayMiss: Bool,
  ) throws(RuntimeError) -> Checkpoint? {
    let checkpoint: Checkpoint
    do throws(KernelError) {
      let flags: OpenFlags = [.readOnly, .directory]
      checkpoint = try Checkpoint(
        open(at: outer, place, flags, [.beneath, .noMagicLinks]),
        path: place
      )
    } catch  where error.code == .noEntry && mayMiss {
      return nil
    } catch  where error.code == .crossDevice {
      throw .refused("checkpoint \(place) leads out of the directory that the images' own is in")
    } catch {
      throw .kernel(error, subject: "checkpoint")
    }
    let kind: FileKind?
    do throws(KernelError) {
      kind = try Directory.status(at: checkpoint.directory, "inventory.img").kind
    } catch  where error.code == .noEntry {
      kind = nil
    } catch {
      throw .kernel(error, subject: "checkpoint")
    }
    guard kind == .regular else {
      throw .refused("checkpoint \(place) is none: it has no inventory.img")
    }
    return checkpoint
  }

  private mutating func lend(
    _ checkpoint: Checkpoint,
    toGroup group: UInt32,
  ) throws(KernelError) {
    checkpoints.append(checkpoint)
    let suffix = Array(".img".utf8)
    for name in try Directory.names(in: checkpoint.directory)
    where name.utf8.suffix(suffix.count).elementsEqual(suffix) {
      let file: OwnedDescriptor
      do throws(KernelError) {
        file = try open(at: checkpoint.directory, name, Self.fileFlags, [.beneath, .noSymlinks])
      } catch  where [.loop, .noDeviceOrAddress, .noEntry].contains(error.code) {
        // A link, a socket: no image.
        continue
      }
      let status = try file.status()
      // A file with another name may be anybody's.
      guard status.kind == .regular, status.links == 1 else { continue }
      checkpoint.images.append(Image(name: name, status: status))
      try file.setOwner(.max, group: group)
      try file.setMode(status.mode | 0o040)
    }
    try checkpoint.directory.setOwner(.max, group: group)
    try checkpoint.directory.setMode(checkpoint.status.mode | 0o050)
  }

  /// Gives everything its group and mode back.
  ///
  /// - Returns: what could not be given back, and why.
  func takeBack() -> [KernelError] {
    var failures: [KernelError] = []
    for checkpoint in checkpoints.reversed() {
      for image in checkpoint.images {
        do throws(KernelError) {
          try Self.takeBack(image, in: checkpoint.directory)
        } catch  where error.code == .noEntry {
          // CRIU takes images away that it has used up.
        } catch {
          failures.append(error)
        }
      }
      do throws(KernelError) {
        try checkpoint.directory.setOwner(.max, group: checkpoint.status.group)
        try checkpoint.directory.setMode(checkpoint.status.mode)
      } catch {
        failures.append(error)
      }
    }
    return failures
  }

  /// By name, as there may be more images than this process may have descriptors.
  private static func takeBack(
    _ image: Image,
    in directory: borrowing OwnedDescriptor,
  ) throws(KernelError) {
    let file = try open(at: directory, image.name, fileFlags, [.beneath, .noSymlinks])
    let status = try file.status()
    guard status.isSameFile(as: image.status) else {
      throw KernelError(call: "fstat", code: .noEntry, subject: image.name)
    }
    try file.setOwner(.max, group: image.status.group)
    try file.setMode(image.status.mode)
  }
}
