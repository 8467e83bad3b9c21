import RootedFiles

extension Directory {
  /// Opens a directory, making it first where it is missing.
  func makeAndOpenDirectory(
    _ name: FileName,
    mode: UInt32 = 0o755,
  ) throws(FileError) -> Directory {
    try makeDirectoryIfMissing(name, mode: mode)
    return try openDirectory(name)
  }

  func makeDirectoryIfMissing(_ name: FileName, mode: UInt32 = 0o755) throws(FileError) {
    do throws(FileError) {
      try makeDirectory(name, mode: mode)
    } catch  where error.code == .exists {
      // Another process, or an earlier run, was first.
    }
  }

  /// Puts a file in place in one step: readers see the old content or the new one, never a part.
  ///
  /// The caller holds the lock that keeps other writers of temporary files away. What is done
  /// `beforehand` happens when the new content is safe on the disk already.
  func replaceFile(
    _ name: FileName,
    with text: String,
    beforehand: () throws(FileError) -> Void = {},
  ) throws(FileError) {
    let temporary = try FileName.temporary()
    let file = try createFile(temporary, mode: 0o644)
    do throws(FileError) {
      try file.write(Array(text.utf8).span)
      try file.synchronize()
      try beforehand()
      try rename(temporary, to: name, in: self)
    } catch {
      try unlink(temporary)
      throw error
    }
    try descriptor.synchronize()
  }
}

extension FileName {
  /// A name that no other process is using.
  static func temporary() throws(FileError) -> FileName {
    let number = UInt64.random(in: .min ... .max)
    return try FileName(ContentStore.temporaryPrefix + String(number, radix: 16))
  }
}
