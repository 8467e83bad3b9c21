import Archive
import RootedFiles

extension TreeWriter {
  /// The directory that an entry goes to, made where it is missing: root's, with mode 0755.
  mutating func parent(of path: RootedPath) throws(FileError) -> Location {
    var made: [RootedPath] = []
    let location = try root.findOrMake(path.parent, made: &made)
    for path in made {
      directories.recordImplicit(path)
      if let owner, let place = try root.findReal(path) {
        try place.directory.descriptor.setOwner(uid: owner.uid, gid: owner.gid)
      }
    }
    return location
  }

  /// Makes something, after removing what has its name, if anything has.
  @discardableResult
  mutating func replacing<Made: ~Copyable>(
    _ name: FileName,
    in place: Location,
    _ make: (Directory) throws(FileError) -> Made,
  ) throws(FileError) -> Made {
    do throws(FileError) {
      return try make(place.directory)
    } catch  where error.code == .exists {
      try root.removeTree(name, in: place)
      return try make(place.directory)
    }
  }

  /// Makes a directory, or gives one that is there new attributes in place of its old ones.
  mutating func makeDirectory(
    _ name: FileName,
    in place: Location,
    path: RootedPath,
    _ attributes: FileAttributes,
  ) throws(FileError) {
    var isNew = true
    do throws(FileError) {
      try place.directory.makeDirectory(name, mode: 0o700)
    } catch  where error.code == .exists {
      isNew = try place.directory.status(of: name)?.kind != .directory
      if isNew {
        try root.removeTree(name, in: place)
        try place.directory.makeDirectory(name, mode: 0o700)
      }
    }
    directories.record(path, attributes)
    if isNew, attributes.extended.isEmpty {
      if let owner = attributes.owner {
        try place.directory.setOwner(of: name, uid: owner.uid, gid: owner.gid)
      }
    } else {
      let directory = try place.directory.openDirectory(name)
      try replaceAttributes(of: directory, attributes, isNew: isNew)
    }
  }

  mutating func setRoot(_ attributes: FileAttributes) throws(FileError) {
    directories.record(RootedPath(""), attributes)
    try replaceAttributes(of: root.directory, attributes, isNew: false)
  }

  private mutating func replaceAttributes(
    of directory: Directory,
    _ attributes: FileAttributes,
    isNew: Bool,
  ) throws(FileError) {
    if !isNew {
      for name in try directory.descriptor.attributeNames()
      where !name.elementsEqual("security.selinux".utf8) {
        try directory.descriptor.removeAttribute(name)
      }
    }
    if let owner = attributes.owner {
      try directory.descriptor.setOwner(uid: owner.uid, gid: owner.gid)
    }
    try omissions.settingEach(of: attributes) { name, value throws(FileError) in
      try directory.descriptor.setAttribute(name, to: value)
    }
  }

  mutating func makeNode(
    _ name: FileName,
    in place: Location,
    _ node: SpecialFile,
    _ attributes: FileAttributes,
  ) throws(FileError) {
    do throws(FileError) {
      try replacing(name, in: place) { directory throws(FileError) in
        try directory.makeNode(name, node)
      }
    } catch  where attributes.owner == nil && error.code == .notPermitted {
      // Without privileges: the runtime brings the devices that a container needs.
      omissions.devices += 1
      return
    }
    try finishSpecial(name, in: place.directory, attributes, isLink: false)
  }

  /// Gives a link, fifo or device its attributes without following or opening it.
  mutating func finishSpecial(
    _ name: FileName,
    in directory: Directory,
    _ attributes: FileAttributes,
    isLink: Bool,
  ) throws(FileError) {
    if let owner = attributes.owner {
      try directory.setOwner(of: name, uid: owner.uid, gid: owner.gid)
    }
    try omissions.settingEach(of: attributes) { attribute, value throws(FileError) in
      try directory.setAttribute(attribute, of: name, to: value)
    }
    if !isLink { try directory.setMode(of: name, attributes.mode) }
    try directory.setTimes(
      of: name,
      accessed: attributes.accessed,
      modified: attributes.modified,
    )
  }
}

/// A regular file whose data is coming.
struct OpenFile: ~Copyable {
  private let descriptor: OwnedDescriptor
  private let sparseSize: UInt64?
  private let attributes: FileAttributes

  init(_ descriptor: consuming OwnedDescriptor, _ file: NewFile) {
    self.descriptor = descriptor
    sparseSize = file.sparseSize
    attributes = file.attributes
  }

  func write(_ bytes: Span<UInt8>, at offset: UInt64) throws(FileError) {
    if sparseSize == nil {
      try descriptor.write(bytes)
    } else {
      try descriptor.write(bytes, at: offset)
    }
  }

  /// Gives the file what it has besides data.
  ///
  /// The order matters: writing and chown take capabilities and set-id bits away, a read-only mode
  /// keeps the owner from setting attributes, and everything changes the times.
  consuming func finish(_ omissions: inout Omissions) throws(FileError) {
    if let sparseSize { try descriptor.truncate(to: sparseSize) }
    if let owner = attributes.owner { try descriptor.setOwner(uid: owner.uid, gid: owner.gid) }
    try omissions.settingEach(of: attributes) { name, value throws(FileError) in
      try descriptor.setAttribute(name, to: value)
    }
    try descriptor.setMode(attributes.mode)
    try descriptor.setTimes(accessed: attributes.accessed, modified: attributes.modified)
  }
}

extension Omissions {
  /// Sets the extended attributes and counts those that can't be kept: what the file system does not
  /// have, and without privileges all but the `user.` ones.
  mutating func settingEach(
    of attributes: FileAttributes,
    _ set: (_ name: [UInt8], _ value: [UInt8]) throws(FileError) -> Void,
  ) throws(FileError) {
    for attribute in attributes.extended {
      guard attributes.owner != nil || attribute.name.starts(with: "user.".utf8) else {
        self.attributes += 1
        continue
      }
      do throws(FileError) {
        try set(attribute.name, attribute.value)
      } catch  where error.code == .notSupported {
        self.attributes += 1
      }
    }
  }
}
