import CKernel
import Glibc

/// The directories below one, of a file system that tells kinds when it is listed and moves no
/// directory elsewhere, as cgroupfs does.
///
/// Whoever lives there chooses how deep they nest and what bytes are in their names.
package enum DirectoryTree {
  /// Goes through all directories below one with a few descriptors, however deep they are.
  ///
  /// `entering` gets each before those below it, `leaving` each with the one above it after them.
  /// What goes meanwhile is passed over.
  package static func walk(
    below top: borrowing OwnedDescriptor,
    entering: (borrowing OwnedDescriptor) throws(KernelError) -> Void = { _ in },
    leaving: (borrowing OwnedDescriptor, FileName) throws(KernelError) -> Void = { _, _ in },
  ) throws(KernelError) {
    var current = try Kernel.open(at: top, ".", [.readOnly, .directory], [])
    var path: [FileName] = []
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
    _ name: FileName,
  ) throws(KernelError) {
    let number = parent.raw
    try check("rmdir", name.text) { unsafe unlinkat(number, name.bytes, AT_REMOVEDIR) }
  }

  /// Nil for one that has gone.
  private static func open(
    at parent: borrowing OwnedDescriptor,
    _ name: FileName,
  ) throws(KernelError) -> OwnedDescriptor? {
    do throws(KernelError) {
      return try ImageFiles.open(at: parent, name, [.readOnly, .directory])
    } catch  where hasGone(error) {
      return nil
    }
  }

  private static func names(
    in directory: borrowing OwnedDescriptor,
    areDirectories: Bool = true,
  ) throws(KernelError) -> [FileName] {
    do throws(KernelError) {
      return try FileName.list(in: directory) { ($0 == DT_DIR) == areDirectories }
    } catch  where hasGone(error) {
      return []
    }
  }

  private static func hasGone(_ error: KernelError) -> Bool {
    [.noEntry, .noDevice].contains(error.code)
  }
}
