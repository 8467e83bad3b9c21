/// One component of a path, checked: bytes without slash and NUL, neither `.` nor `..`.
package struct FileName: Hashable, Sendable {
  /// The bytes, followed by the NUL that the kernel wants.
  let terminated: [UInt8]

  /// - Throws: when the bytes cannot name a file in a directory.
  package init(_ bytes: ArraySlice<UInt8>) throws(FileError) {
    guard (1...255).contains(bytes.count), !bytes.contains(0), !bytes.contains(0x2F),
      !bytes.elementsEqual([0x2E]), !bytes.elementsEqual([0x2E, 0x2E])
    else { throw .invalidName(Array(bytes)) }
    var terminated: [UInt8] = []
    terminated.reserveCapacity(bytes.count + 1)
    terminated.append(contentsOf: bytes)
    terminated.append(0)
    self.terminated = terminated
  }

  /// - Throws: when the bytes cannot name a file in a directory.
  package init(_ bytes: some Collection<UInt8>) throws(FileError) {
    try self.init(Array(bytes)[...])
  }

  /// - Throws: when the text cannot name a file in a directory.
  package init(_ text: String) throws(FileError) {
    try self.init(Array(text.utf8)[...])
  }

  package var bytes: ArraySlice<UInt8> { terminated.dropLast() }
}

/// A path below a root, cleaned as text: no empty, `.` or `..` component is left.
///
/// `./a`, `/a`, `../a` and `x/../a` all name `a`: like in a chroot, the root is its own parent. What
/// symbolic links do to the rest is decided by the kernel, inside the root.
package struct RootedPath: Hashable, Sendable, CustomStringConvertible {
  /// Without a slash at either end; empty for the root itself.
  package let bytes: [UInt8]

  package init(cleaning raw: some Collection<UInt8>) {
    self.init(cleaning: Array(raw)[...])
  }

  package init(cleaning raw: ArraySlice<UInt8>) {
    var cleaned: [UInt8] = []
    cleaned.reserveCapacity(raw.count)
    var rest = raw
    while !rest.isEmpty {
      let component = rest.prefix { $0 != 0x2F }
      rest = rest.dropFirst(component.count + 1)
      if component.isEmpty || component.elementsEqual([0x2E]) { continue }
      if component.elementsEqual([0x2E, 0x2E]) {
        cleaned.removeLast(cleaned.count - (cleaned.lastIndex(of: 0x2F) ?? 0))
        continue
      }
      if !cleaned.isEmpty { cleaned.append(0x2F) }
      cleaned.append(contentsOf: component)
    }
    bytes = cleaned
  }

  package init(_ text: String) {
    self.init(cleaning: Array(text.utf8)[...])
  }

  /// A child of a path that is clean already.
  package init(_ name: FileName, in parent: RootedPath) {
    var bytes = parent.bytes
    bytes.reserveCapacity(bytes.count + 1 + name.bytes.count)
    if !bytes.isEmpty { bytes.append(0x2F) }
    bytes += name.bytes
    self.bytes = bytes
  }

  /// The path of the directory that this is in; nil for the root.
  package var enclosing: RootedPath? {
    isRoot ? nil : RootedPath(clean: Array(parent))
  }

  /// A path that is known to be clean.
  init(clean bytes: [UInt8]) {
    self.bytes = bytes
  }

  package var isRoot: Bool { bytes.isEmpty }

  /// Everything before the last component; empty for a child of the root.
  package var parent: ArraySlice<UInt8> {
    bytes.prefix(bytes.lastIndex(of: 0x2F) ?? 0)
  }

  /// The last component; empty for the root.
  package var lastComponent: ArraySlice<UInt8> {
    guard let slash = bytes.lastIndex(of: 0x2F) else { return bytes[...] }
    return bytes.suffix(from: slash + 1)
  }

  package var components: [ArraySlice<UInt8>] { bytes.split(separator: 0x2F) }

  package var description: String { isRoot ? "/" : shown(bytes) }
}
