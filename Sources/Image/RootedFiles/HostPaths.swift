import Glibc

extension OwnedDescriptor {
  /// Opens a file of the machine for reading, as the user named it; a pipe will do.
  package init(openingFileAtPath path: String) throws(FileError) {
    guard !path.utf8.contains(0) else { throw .invalidName(Array(path.utf8)) }
    self.init(
      owning: try checked("open", Array(path.utf8)) {
        unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
      }
    )
  }
}
