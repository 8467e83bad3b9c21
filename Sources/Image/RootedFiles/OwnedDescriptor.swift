import Glibc

/// An open file that its owner closes by letting go of it.
package struct OwnedDescriptor: ~Copyable, Sendable {
  /// For handing to a library or a child; stays owned by this value.
  package let raw: Int32

  /// Takes over a descriptor that nobody else will close.
  package init(owning raw: Int32) {
    self.raw = raw
  }

  /// A second descriptor of the same open file, as for standard input.
  ///
  /// See: fcntl(2), `F_DUPFD_CLOEXEC`
  package init(duplicating other: Int32) throws(FileError) {
    raw = try checked("duplicate", Array("descriptor \(other)".utf8)) {
      fcntl(other, F_DUPFD_CLOEXEC, 0)
    }
  }

  deinit {
    // Linux frees the number even when close reports an error; what writing could lose is
    // reported by `synchronize`.
    _ = Glibc.close(raw)
  }

  /// Reads into the front of the buffer.
  ///
  /// - Returns: how many bytes came, 0 at the end.
  package func read(into buffer: inout [UInt8]) throws(FileError) -> Int {
    try checked("read", []) {
      unsafe buffer.withUnsafeMutableBytes { bytes in
        unsafe Glibc.read(raw, bytes.baseAddress, bytes.count)
      }
    }
  }

  /// Writes all of the bytes at the file's position.
  package func write(_ bytes: Span<UInt8>) throws(FileError) {
    var done = 0
    while done < bytes.count {
      done += try checked("write", []) {
        unsafe bytes.withUnsafeBytes { buffer in
          unsafe Glibc.write(raw, buffer.baseAddress?.advanced(by: done), buffer.count - done)
        }
      }
    }
  }

  /// Writes all of the bytes at an offset, leaving a hole before it where nothing was.
  package func write(_ bytes: Span<UInt8>, at offset: UInt64) throws(FileError) {
    var done = 0
    while done < bytes.count {
      done += try checked("write", []) {
        unsafe bytes.withUnsafeBytes { buffer in
          unsafe pwrite(
            raw,
            buffer.baseAddress?.advanced(by: done),
            buffer.count - done,
            Int(truncatingIfNeeded: offset) + done,
          )
        }
      }
    }
  }

  /// Makes the file exactly this long, with a hole at its end where it was shorter.
  package func truncate(to size: UInt64) throws(FileError) {
    guard let length = Int(exactly: size) else {
      throw .system(call: "truncate", code: ErrorCode(rawValue: EFBIG), subject: [])
    }
    _ = try checked("truncate", []) { ftruncate(raw, length) }
  }

  /// Moves the position to an offset from the start.
  package func seek(to offset: UInt64) throws(FileError) {
    _ = try checked("seek", []) { lseek(raw, Int(truncatingIfNeeded: offset), SEEK_SET) }
  }

  package func status() throws(FileError) -> FileStatus {
    var status = stat()
    _ = try checked("stat", []) { unsafe fstat(raw, &status) }
    return FileStatus(status)
  }

  /// Waits until data and attributes are on the disk. See: fsync(2)
  package func synchronize() throws(FileError) {
    _ = try checked("fsync", []) { fsync(raw) }
  }

  package func setOwner(uid: UInt32, gid: UInt32) throws(FileError) {
    _ = try checked("chown", []) { fchown(raw, uid, gid) }
  }

  package func setMode(_ mode: UInt32) throws(FileError) {
    _ = try checked("chmod", []) { fchmod(raw, mode & 0o7777) }
  }

  /// Sets both times to the nanosecond.
  package func setTimes(accessed: FileTime, modified: FileTime) throws(FileError) {
    let times = [accessed.specification, modified.specification]
    _ = try checked("set times", []) { unsafe futimens(raw, times) }
  }

  /// Takes a lock that goes when every copy of the descriptor is closed, by a kill as well.
  ///
  /// - Returns: false when somebody else holds it and `waiting` is false.
  ///
  /// See: flock(2)
  package func lock(exclusive: Bool, waiting: Bool) throws(FileError) -> Bool {
    let operation = (exclusive ? LOCK_EX : LOCK_SH) | (waiting ? 0 : LOCK_NB)
    do throws(FileError) {
      _ = try checked("lock", []) { flock(raw, operation) }
      return true
    } catch  where error.code == .wouldBlock {
      return false
    }
  }
}
