extension OwnedDescriptor {
  /// Writes all of the bytes at the file's position.
  package func write(_ bytes: Span<UInt8>) throws(FileError) {
    try unsafe write(bytes.bytes)
  }
}
