import Glibc

extension OwnedDescriptor {
  /// Opens a file of the machine for reading, as the user named it; a pipe will do.
  package init(openingFileAtPath path: String) throws(FileError) {
    guard !path.utf8.contains(0) else { throw .invalidName(Array(path.utf8)) }
    // Opening a pipe without O_NONBLOCK waits for its other end, beyond every signal.
    let opened = OwnedDescriptor(
      owning: try checked("open", Array(path.utf8)) {
        unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
      }
    )
    _ = try checked("set flags of", Array(path.utf8)) { fcntl(opened.raw, F_SETFL, 0) }
    self = opened
  }
}

/// The path of something of the machine from the root, without links on the way. See: realpath(3)
package func absolutePath(_ path: String) throws(FileError) -> String {
  guard let found = unsafe realpath(path, nil) else {
    throw .system(call: "resolve", code: ErrorCode(rawValue: errno), subject: Array(path.utf8))
  }
  defer { unsafe free(found) }
  return unsafe String(cString: found)
}
