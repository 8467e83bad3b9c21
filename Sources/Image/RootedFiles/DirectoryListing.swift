import CImageSystem
import Glibc

/// One line of a directory's listing.
package struct DirectoryEntry: Sendable {
  package let name: FileName
  /// `unknown` on file systems that don't say; `status(of:)` does.
  package let kind: FileKind
}

extension Directory {
  /// All entries in the kernel's order, without `.` and `..`.
  ///
  /// Reads from the directory's own position: not to be called by two threads at once.
  package func entries() throws(FileError) -> [DirectoryEntry] {
    try descriptor.seek(to: 0)
    var found: [DirectoryEntry] = []
    var buffer = [UInt8](repeating: 0, count: 32_768)
    while true {
      let length = try checked("list", []) {
        unsafe buffer.withUnsafeMutableBytes { bytes in
          unsafe cimage_getdents64(raw, bytes.baseAddress, UInt(bytes.count))
        }
      }
      guard length > 0 else { return found }
      try appendEntries(of: buffer.prefix(length), to: &found)
    }
  }

  /// The records are those of linux_dirent64: inode 8 bytes, offset 8, length 2, type 1, name.
  private func appendEntries(
    of records: ArraySlice<UInt8>,
    to found: inout [DirectoryEntry],
  ) throws(FileError) {
    var rest = records
    while rest.count > 19 {
      let start = rest.startIndex
      let length = Int(rest[start + 16]) | Int(rest[start + 17]) << 8
      let name = rest[(start + 19)..<(start + length)].prefix { $0 != 0 }
      if !name.elementsEqual([0x2E]), !name.elementsEqual([0x2E, 0x2E]) {
        let kind = FileKind(mode: UInt32(rest[start + 18]) << 12)
        found.append(DirectoryEntry(name: try FileName(name), kind: kind))
      }
      rest = rest.dropFirst(length)
    }
  }
}
