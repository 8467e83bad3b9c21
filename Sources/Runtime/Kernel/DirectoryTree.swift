import CKernel
import Glibc

/// The directories below one, of a file system that tells kinds when it is listed and moves no
/// directory elsewhere, as cgroupfs does.
///
/// Whoever lives there chooses how deep they nest and what bytes are in their names.
package enum DirectoryTree {
  /// The name of a directory, which need not be UTF-8.
  package struct Name: Sendable {
    /// With the zero at its end.
    fileprivate let bytes: [CChar]

    fileprivate var text: String {
      String(decoding: bytes.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
  }

  /// Goes through all directories below one with a few descriptors, however deep they are.
  ///
  /// `entering` gets each before those below it, `leaving` each with the one above it after them.
  /// What goes meanwhile is passed over.
  package static func walk(
    below top: borrowing OwnedDescriptor,
    entering: (borrowing OwnedDescriptor) throws(KernelError) -> Void = { _ in },
    leaving: (borrowing OwnedDescriptor, Name) throws(KernelError) -> Void = { _, _ in },
  ) throws(KernelError) {
    var current = try Kernel.open(at: top, ".", [.readOnly, .directory], [])
    var path: [Name] = []
    var pending = [try names(in: current)]
    while true {
      if let next = pending[pending.count - 1].popLast() {
        guard let child = try open(at: current, next) else { continue }
        try entering(child)
        pending.append(try names(in: child))
        path.append(next)
        current = child
      } else {
        pending.removeLast()
        guard let name = path.popLast() else { return }
        current = try Kernel.open(at: current, "..", [.readOnly, .directory], [.noMountCrossing])
        try leaving(current, name)
      }
    }
  }

  /// Removes all that is below a directory, whatever it is and however it is called.
  package static func empty(_ top: borrowing OwnedDescriptor) throws(KernelError) {
    try walk(
      below: top,
      entering: { (directory) throws(KernelError) in try unlinkFiles(in: directory) },
      leaving: { (parent, name) throws(KernelError) in try remove(at: parent, name) }
    )
    try unlinkFiles(in: top)
  }

  private static func unlinkFiles(
    in directory: borrowing OwnedDescriptor,
  ) throws(KernelError) {
    let number = directory.raw
    for name in try names(in: directory, areDirectories: false) {
      try check("unlink", name.text) { unsafe unlinkat(number, name.bytes, 0) }
    }
  }

  /// See: rmdir(2).
  package static func remove(
    at parent: borrowing OwnedDescriptor,
    _ name: Name,
  ) throws(KernelError) {
    let number = parent.raw
    try check("rmdir", name.text) { unsafe unlinkat(number, name.bytes, AT_REMOVEDIR) }
  }

  /// Nil for one that has gone.
  private static func open(
    at parent: borrowing OwnedDescriptor,
    _ name: Name,
  ) throws(KernelError) -> OwnedDescriptor? {
    let number = parent.raw
    let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
    do throws(KernelError) {
      return OwnedDescriptor(
        adopting: try check("openat", name.text) { unsafe openat(number, name.bytes, flags) }
      )
    } catch  where [.noEntry, .noDevice].contains(error.code) {
      return nil
    }
  }

  private static func names(
    in directory: borrowing OwnedDescriptor,
    areDirectories: Bool = true,
  ) throws(KernelError) -> [Name] {
    // The position belongs to the open file, so the stream gets one of its own.
    guard let own = try open(at: directory, Name(bytes: dot)) else { return [] }
    guard let stream = unsafe fdopendir(own.raw) else {
      throw KernelError(call: "fdopendir", code: .init(rawValue: errno), subject: "")
    }
    _ = own.release()
    defer { unsafe closedir(stream) }
    var names: [Name] = []
    while let entry = unsafe readdir(stream) {
      let isDirectory = unsafe entry.pointee.d_type == UInt8(DT_DIR)
      guard isDirectory == areDirectories else { continue }
      let bytes = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { buffer in
        unsafe buffer.prefix { $0 != 0 }.map(CChar.init(bitPattern:)) + [0]
      }
      if bytes != dot, bytes != dotDot { names.append(Name(bytes: bytes)) }
    }
    return names
  }

  private static let dot: [CChar] = [46, 0]
  private static let dotDot: [CChar] = [46, 46, 0]
}
