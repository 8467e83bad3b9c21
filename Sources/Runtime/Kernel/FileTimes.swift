import Glibc

extension Directory {
  /// When a name's content last changed, in seconds since 1970; a final symbolic link not followed.
  package static func modificationTime(
    at directory: borrowing OwnedDescriptor,
    _ name: String,
  ) throws(KernelError) -> Int {
    let number = directory.raw
    var raw = stat()
    try check("stat", name) { unsafe fstatat(number, name, &raw, AT_SYMLINK_NOFOLLOW) }
    return raw.st_mtim.tv_sec
  }
}
