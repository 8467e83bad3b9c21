import HostProcess
import ImageSpec
import RootedFiles

// The locks of a store, all of them flock(2), which the kernel drops when their holder dies:
//
//   the store's directory   exclusive for the moment in which `index.json` is read, changed and
//                           replaced; readers need no lock
//   `blobs`, the gate       shared for the moment in which a lease learns of more blobs, exclusive for
//                           the moment in which doomed blobs are moved out of sight; a lease that may
//                           not write to the store holds it shared as long as it lasts
//   `.swimg-*`              exclusive as long as the lease or staging place lives
//   `partial/…`             exclusive as long as somebody is writing this one blob
//
// Nothing long is done under the first two. Who takes both takes the index first.

extension OwnedDescriptor {
  /// Takes a lock, waiting for it, but not beyond a signal that ends the program.
  ///
  /// A blocking flock(2) would miss a signal that comes just before it: so the lock is asked for
  /// again and again, in short pauses.
  /// - Parameters:
  ///   - exclusive: whether to keep everybody else out.
  ///   - limit: how long to wait at most; nil for as long as it takes.
  /// - Returns: false when it was not to be had in that time.
  /// - Throws: `interrupted` by a signal.
  func takeLock(exclusive: Bool, within limit: Duration?) throws(StoreError) -> Bool {
    let deadline = limit.map { ContinuousClock.now + $0 }
    var pause = 1
    while true {
      let isHeld = try StoreError.wrapping { () throws(FileError) in
        try lock(exclusive: exclusive, waiting: false)
      }
      if isHeld { return true }
      if let deadline, ContinuousClock.now >= deadline { return false }
      do throws(Interrupted) {
        try Interruption.sleep(milliseconds: pause)
      } catch {
        throw .interrupted(error)
      }
      pause = min(2 * pause, 16)
    }
  }
}

extension ContentStore {
  /// Waits for the exclusive lock on the index; it lasts as long as the returned value.
  static func lock(_ path: String) throws(StoreError) -> Directory {
    // A descriptor of its own: a lock belongs to what was opened, and goes when that is closed.
    let directory = try StoreError.wrapping { () throws(FileError) in try Directory(atPath: path) }
    _ = try directory.descriptor.takeLock(exclusive: true, within: nil)
    return directory
  }

  /// Passes the gate; it stays so as long as the returned value lasts.
  ///
  /// - Returns: nil when it was not to be had in time.
  func gate(exclusive: Bool, within limit: Duration?) throws(StoreError) -> Directory? {
    let gate = try StoreError.wrapping { () throws(FileError) in
      try directory.openDirectory(try FileName(Layout.blobsName))
    }
    return try gate.descriptor.takeLock(exclusive: exclusive, within: limit) ? gate : nil
  }

  /// Makes a file under a temporary name, locked.
  func makeLockedFile() throws(FileError) -> (FileName, LockedFile) {
    while true {
      let name = try FileName.temporary()
      let file = LockedFile(descriptor: try directory.createFile(name, mode: 0o600))
      // Another writer may take it for a leftover before it is locked.
      let isLocked = try file.descriptor.lock(exclusive: true, waiting: false)
      if isLocked, try directory.status(of: name) != nil { return (name, file) }
    }
  }

  /// The same for a directory.
  func makeLockedDirectory() throws(FileError) -> (FileName, Directory) {
    while true {
      let name = try FileName.temporary()
      try directory.makeDirectory(name, mode: 0o700)
      guard let made = try directory.openDirectoryIfPresent(name) else { continue }
      let isLocked = try made.descriptor.lock(exclusive: true, waiting: false)
      if isLocked, try directory.status(of: name) != nil { return (name, made) }
    }
  }
}

/// An open file that may have several owners.
final class LockedFile: Sendable {
  let descriptor: OwnedDescriptor

  init(descriptor: consuming OwnedDescriptor) {
    self.descriptor = descriptor
  }
}
