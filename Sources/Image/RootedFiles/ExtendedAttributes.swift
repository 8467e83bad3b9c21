import CImageSystem
import Glibc

extension OwnedDescriptor {
  /// Sets an attribute of a regular file or directory. See: fsetxattr(2)
  package func setAttribute(_ name: [UInt8], to value: [UInt8]) throws(FileError) {
    try checkAttributeName(name)
    _ = try checked("set attribute", name) {
      unsafe withCString(name + [0]) { name in
        unsafe fsetxattr(raw, name, value, value.count, 0)
      }
    }
  }

  /// Removes an attribute of a regular file or directory.
  package func removeAttribute(_ name: [UInt8]) throws(FileError) {
    try checkAttributeName(name)
    _ = try checked("remove attribute", name) {
      unsafe withCString(name + [0]) { name in unsafe fremovexattr(raw, name) }
    }
  }

  /// The names of all attributes that the caller may see. See: flistxattr(2)
  package func attributeNames() throws(FileError) -> [[UInt8]] {
    let size: Int
    do throws(FileError) {
      size = try checked("list attributes", []) { flistxattr(raw, nil, 0) }
    } catch  where error.code == .notSupported {
      return []
    }
    guard size > 0 else { return [] }
    // No list is longer than XATTR_LIST_MAX.
    var names = [CChar](repeating: 0, count: 65_536)
    let length = try checked("list attributes", []) {
      unsafe flistxattr(raw, &names, names.count)
    }
    return names.prefix(length).split(separator: 0).map { $0.map { UInt8(bitPattern: $0) } }
  }
}

extension Directory {
  /// Sets an attribute of an entry of any kind without following a link.
  ///
  /// - Throws: `noProcfs` on a kernel older than 6.13 when `/proc` is not what it should be.
  ///
  /// See: setxattrat(2), lsetxattr(2)
  package func setAttribute(
    _ attribute: [UInt8],
    of name: FileName,
    to value: [UInt8],
  ) throws(FileError) {
    try checkAttributeName(attribute)
    do throws(FileError) {
      _ = try checked("set attribute", attribute) {
        unsafe withCString(name.terminated) { path in
          unsafe withCString(attribute + [0]) { attribute in
            unsafe cimage_setxattrat(
              raw,
              path,
              AT_SYMLINK_NOFOLLOW,
              attribute,
              value,
              UInt(value.count)
            )
          }
        }
      }
    } catch  where error.code == .unknownCall {
      try setAttributeByProcfs(attribute, of: name, to: value)
    }
  }

  /// The way for Linux before 6.13: lsetxattr takes no descriptor, so the directory is named by its
  /// link in procfs, after making sure that it is a procfs; the last component is not followed.
  private func setAttributeByProcfs(
    _ attribute: [UInt8],
    of name: FileName,
    to value: [UInt8],
  ) throws(FileError) {
    let procfs = OwnedDescriptor(
      owning: try checked("open", Array("/proc".utf8)) {
        unsafe open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC)
      }
    )
    var type = 0
    _ = try checked("statfs", Array("/proc".utf8)) { unsafe cimage_fstatfs_type(procfs.raw, &type) }
    guard type == CIMAGE_PROC_MAGIC else { throw .noProcfs }
    let path = Array("/proc/self/fd/\(raw)/".utf8) + name.terminated
    _ = try checked("set attribute", attribute) {
      unsafe withCString(path) { path in
        unsafe withCString(attribute + [0]) { attribute in
          unsafe lsetxattr(path, attribute, value, value.count, 0)
        }
      }
    }
  }
}

private func checkAttributeName(_ name: [UInt8]) throws(FileError) {
  guard (1...255).contains(name.count), !name.contains(0) else { throw .invalidName(name) }
}
