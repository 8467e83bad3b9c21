/// What is wrong with an archive, and where.
package struct ArchiveError: Error, Equatable, Sendable {
  package enum Reason: Error, Equatable, Sendable {
    case checksumMismatch
    case badNumber(field: String)
    case negative(field: String)
    case unsupportedType(UInt8)
    case badExtendedHeader(String)
    case badSparseMap(String)
    case emptyName
    case nulInName
    case extendedHeaderWithoutEntry
    case loneZeroBlock
    case truncated
    case tooLarge(what: String, limit: Int)
  }

  package let reason: Reason
  /// The name of the entry, as far as it is known.
  package let path: [UInt8]
  /// Where in the archive the header starts that is wrong.
  package let offset: UInt64
}

extension ArchiveError: CustomStringConvertible {
  /// The cause and the offset; the name is left to those who can show bytes.
  package var description: String {
    "\(cause) (tar header at byte \(offset))"
  }

  private var cause: String {
    switch reason {
    case .checksumMismatch: "not a tar header: its checksum does not match"
    case .badNumber(let field): "the \(field) is not a number"
    case .negative(let field): "the \(field) is negative"
    case .unsupportedType(let type): "unsupported entry type 0x\(String(type, radix: 16))"
    case .badExtendedHeader(let what): "bad extended header: \(what)"
    case .badSparseMap(let what): "bad sparse map: \(what)"
    case .emptyName: "the entry has no name"
    case .nulInName: "a name has a NUL in it"
    case .extendedHeaderWithoutEntry: "an extended header has no entry after it"
    case .loneZeroBlock: "a single block of zeros stands before more data"
    case .truncated: "the archive is cut short"
    case .tooLarge(let what, let limit): "\(what) exceeds the allowed \(limit)"
    }
  }
}

/// How much a single archive may ask for.
package struct ArchiveLimits: Equatable, Sendable {
  /// The longest name or link target in bytes.
  package var nameLength: Int
  /// The longest extended header in bytes.
  package var extendedHeaderLength: Int
  /// The most entries in one archive.
  package var entryCount: Int
  /// The most pieces of one sparse file.
  package var sparsePieceCount: Int

  package init(
    nameLength: Int,
    extendedHeaderLength: Int,
    entryCount: Int,
    sparsePieceCount: Int,
  ) {
    self.nameLength = nameLength
    self.extendedHeaderLength = extendedHeaderLength
    self.entryCount = entryCount
    self.sparsePieceCount = sparsePieceCount
  }

  /// Far beyond every honest image, and far below what would hurt.
  package static let image = ArchiveLimits(
    nameLength: 65_536,
    extendedHeaderLength: 1 << 20,
    entryCount: 4_000_000,
    sparsePieceCount: 1_000_000,
  )
}
