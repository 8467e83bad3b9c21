import Glibc

/// Files that live in memory alone.
///
/// See: memfd_create(2).
package enum MemoryFile {
  /// A file with the given content, to be read from its start.
  package static func holding(
    _ bytes: [UInt8],
    name: String,
  ) throws(KernelError) -> OwnedDescriptor {
    let raw = try check("memfd_create", name) {
      unsafe memfd_create(name, UInt32(MFD_CLOEXEC))
    }
    let file = OwnedDescriptor(adopting: raw)
    try file.writeAll(bytes, subject: name)
    try check("lseek", name) { lseek(raw, 0, SEEK_SET) }
    return file
  }
}

extension OwnedDescriptor {
  /// Reads a whole file again from its start, for others that share its position too.
  package func readFromStart(limit: Int) throws(KernelError) -> [UInt8] {
    try check("lseek") { lseek(raw, 0, SEEK_SET) }
    return try readAll(limit: limit)
  }
}
