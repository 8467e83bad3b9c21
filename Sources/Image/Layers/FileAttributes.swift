import Archive
import RootedFiles

/// Everything about a new file but its name and data.
struct FileAttributes {
  /// Nil when the file stays with the caller.
  let owner: Owner?
  let mode: UInt32
  let accessed: FileTime
  let modified: FileTime
  /// Capabilities stand last, because a change of owner takes them away.
  let extended: [Entry.Attribute]

  init(_ entry: Entry, ownership: Ownership) throws(LayerError.Problem) {
    owner = try ownership.owner(uid: entry.uid, gid: entry.gid)
    mode = entry.mode
    modified = FileTime(entry.modified)
    accessed = entry.accessed.map { FileTime($0) } ?? modified
    // The labels of the machine that built the image mean nothing on this one.
    let kept = entry.attributes.filter { !$0.name.elementsEqual("security.selinux".utf8) }
    let isCapability: (Entry.Attribute) -> Bool = {
      $0.name.elementsEqual("security.capability".utf8)
    }
    extended = kept.filter { !isCapability($0) } + kept.filter(isCapability)
  }
}

extension FileTime {
  fileprivate init(_ time: Timestamp) {
    self.init(seconds: time.seconds, nanoseconds: time.nanoseconds)
  }
}

/// What an unpack had to leave out, by its stated policy.
package struct Omissions: Equatable, Sendable {
  /// Devices that a caller without privileges cannot make.
  package var devices = 0
  /// Extended attributes that the caller may not set, or that the file system does not have.
  package var attributes = 0
}
