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

  /// A copy of a program that nobody can change any more, its owner neither.
  ///
  /// See: F_ADD_SEALS in fcntl(2).
  package static func sealedCopy(
    of program: borrowing OwnedDescriptor,
    name: String,
  ) throws(KernelError) -> OwnedDescriptor {
    let copy = try executable(name: name)
    while true {
      let chunk = try program.read(upTo: 1 << 20, subject: name)
      if chunk.isEmpty { break }
      try copy.writeAll(chunk, subject: name)
    }
    let raw = copy.raw
    try check("fcntl", "F_ADD_SEALS") { fcntl(raw, Seals.add, Seals.all) }
    return copy
  }

  /// A new file that may be executed whatever vm.memfd_noexec says.
  private static func executable(name: String) throws(KernelError) -> OwnedDescriptor {
    let flags = UInt32(MFD_CLOEXEC | MFD_ALLOW_SEALING)
    let mayBeExecuted: UInt32 = 0x10  // MFD_EXEC, <linux/memfd.h>
    do throws(KernelError) {
      return OwnedDescriptor(
        adopting: try check("memfd_create", name) {
          unsafe memfd_create(name, flags | mayBeExecuted)
        }
      )
    } catch  where error.code == .invalid {
      // Before Linux 6.3 all may.
      return OwnedDescriptor(
        adopting: try check("memfd_create", name) { unsafe memfd_create(name, flags) }
      )
    }
  }
}

/// The seals of a memory file: <linux/fcntl.h>.
private enum Seals {
  static let add: CInt = 1033
  static let get: CInt = 1034
  /// Not to be written, grown or shrunk, and no seal to be added.
  static let all: CInt = 0xF
}

extension OwnedDescriptor {
  /// Whether this is a memory file that nobody can change any more.
  package func isSealed() -> Bool {
    // What is no memory file has no seals: an error.
    let seals = fcntl(raw, Seals.get)
    return seals >= 0 && seals & Seals.all == Seals.all
  }

  /// Reads a whole file again from its start, for others that share its position too.
  package func readFromStart(limit: Int) throws(KernelError) -> [UInt8] {
    try check("lseek") { lseek(raw, 0, SEEK_SET) }
    return try readAll(limit: limit)
  }
}
