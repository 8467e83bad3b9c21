/// How a blob is compressed.
package enum Compression: Sendable, CustomStringConvertible {
  case none
  case gzip
  case zstd

  /// Recognises the compression by the magic number at the start of a stream.
  ///
  /// - Parameter start: the first six bytes, or all when there are fewer.
  /// - Returns: `none` for everything that has no magic number of a compression.
  /// - Throws: for a compression that image layers cannot have.
  package static func detected(in start: some Collection<UInt8>) throws(CodecError) -> Compression {
    if start.starts(with: [0x1F, 0x8B]) { return .gzip }
    if start.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) || startsWithSkippableFrame(start) {
      return .zstd
    }
    if start.starts(with: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]) { throw .unsupported("xz") }
    if start.starts(with: [0x42, 0x5A, 0x68]) { throw .unsupported("bzip2") }
    return .none
  }

  /// Spec: RFC 8878, section 3.1.2: 0x184D2A50 to 0x184D2A5F, little-endian.
  private static func startsWithSkippableFrame(_ start: some Collection<UInt8>) -> Bool {
    guard let first = start.first else { return false }
    return first & 0xF0 == 0x50 && start.dropFirst().starts(with: [0x2A, 0x4D, 0x18])
  }

  package var description: String {
    switch self {
    case .none: "no compression"
    case .gzip: "gzip"
    case .zstd: "zstd"
    }
  }
}

/// What can be wrong with compressed bytes.
package enum CodecError: Error, Equatable, Sendable {
  /// The stream ends in the middle of a member or frame.
  case truncated(Compression)
  /// The stream breaks the rules of its format or fails its checksum.
  case corrupt(Compression, reason: String)
  /// Something else than padding or a further member follows the last member.
  case trailingGarbage
  /// The bytes are not in the format that the media type promises.
  case mismatch(stated: Compression, found: Compression)
  /// A compression that image layers cannot have.
  case unsupported(String)
  /// The machine has no memory or no thread left.
  case noResources
}

extension CodecError: CustomStringConvertible {
  /// The cause, without a subject.
  package var description: String {
    switch self {
    case .truncated(let compression): "the \(compression) stream is cut short"
    case .corrupt(let compression, let reason): "the \(compression) stream is corrupt: \(reason)"
    case .trailingGarbage: "something that is not gzip follows the gzip stream"
    case .mismatch(let stated, let found):
      "the media type says \(stated), but the data has \(found)"
    case .unsupported(let name): "compressed with \(name); only gzip and zstd are supported"
    case .noResources: "out of memory or threads"
    }
  }
}
