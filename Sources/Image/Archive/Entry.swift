/// A moment in an archive; negative seconds are before the epoch, nanoseconds count forward always.
package struct Timestamp: Equatable, Sendable {
  package let seconds: Int64
  package let nanoseconds: Int

  package init(seconds: Int64, nanoseconds: Int = 0) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }
}

/// One member of an archive as its headers describe it, all extensions applied.
///
/// Names are bytes, as hostile as their author wants: not cleaned, but free of NUL.
package struct Entry: Equatable, Sendable {
  package enum Kind: Equatable, Sendable {
    case regular
    case hardLink(target: [UInt8])
    case symbolicLink(target: [UInt8])
    case characterDevice(major: UInt32, minor: UInt32)
    case blockDevice(major: UInt32, minor: UInt32)
    case directory
    case fifo
  }

  package struct Attribute: Equatable, Sendable {
    package let name: [UInt8]
    package let value: [UInt8]

    package init(name: [UInt8], value: [UInt8]) {
      self.name = name
      self.value = value
    }
  }

  package var path: [UInt8]
  package var kind: Kind
  /// The length of the file when unpacked, holes included; 0 for everything but regular files.
  package var size: UInt64
  /// The twelve bits of permissions.
  package var mode: UInt32
  package var uid: UInt64
  package var gid: UInt64
  package var modified: Timestamp
  /// When the archive doesn't tell, nil.
  package var accessed: Timestamp?
  package var attributes: [Attribute]
  /// Whether `size` is more than what the archive has data for.
  package var isSparse: Bool
  /// Where in the archive its own header starts.
  package var offset: UInt64
}

extension Entry {
  /// An entry to be written.
  package init(
    path: [UInt8],
    kind: Kind,
    size: UInt64,
    mode: UInt32,
    uid: UInt64,
    gid: UInt64,
    modified: Timestamp,
    attributes: [Attribute],
  ) {
    self.init(
      path: path,
      kind: kind,
      size: size,
      mode: mode,
      uid: uid,
      gid: gid,
      modified: modified,
      accessed: nil,
      attributes: attributes,
      isSparse: false,
      offset: 0,
    )
  }
}
