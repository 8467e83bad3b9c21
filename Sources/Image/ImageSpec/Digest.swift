/// The content address of a blob, `ALGORITHM:ENCODED`, valid by the grammar.
///
/// A value of this type may become a path: its parts hold neither a slash nor a dot alone.
/// Spec: image-spec descriptor.md, "Digests".
package struct Digest: Hashable, Sendable, CustomStringConvertible {
  package let algorithm: String
  package let encoded: String

  package var description: String { "\(algorithm):\(encoded)" }

  /// Enough of the digest for a message or a table.
  package var short: String { "\(algorithm):\(encoded.prefix(12))" }

  /// Checks the grammar, and the exact form of the registered algorithms.
  ///
  /// An algorithm that we don't know is no error here: it is one when content must be verified.
  /// - Throws: when the text is no digest.
  package init(parsing text: String) throws(DigestError) {
    guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else {
      throw DigestError(text: text, problem: "no colon after the algorithm")
    }
    algorithm = String(text[..<colon])
    encoded = String(text[text.utf8.index(after: colon)...])
    guard isAlgorithm(algorithm) else {
      throw DigestError(text: text, problem: "the algorithm's name is not valid")
    }
    switch algorithm {
    case "sha256": try check(text, length: 64)
    case "sha512": try check(text, length: 128)
    default:
      guard !encoded.isEmpty, encoded.utf8.count <= 512, encoded.utf8.allSatisfy(isEncodedByte)
      else { throw DigestError(text: text, problem: "the encoded part is not valid") }
    }
  }

  private func check(_ text: String, length: Int) throws(DigestError) {
    guard encoded.utf8.count == length, encoded.utf8.allSatisfy(isLowercaseHexadecimal) else {
      throw DigestError(
        text: text,
        problem: "\(algorithm) wants \(length) lower-case hexadecimal digits",
      )
    }
  }

  /// A digest that was just computed.
  /// - Throws: when the digits do not fit the algorithm.
  package init(algorithm: String, encoded: String) throws(DigestError) {
    try self.init(parsing: "\(algorithm):\(encoded)")
  }
}

/// Why a text is no digest.
package struct DigestError: Error, Equatable, CustomStringConvertible {
  package let text: String
  package let problem: String

  package var description: String { "\"\(text.prefix(200))\" is no digest: \(problem)" }
}

private func isAlgorithm(_ text: String) -> Bool {
  text.utf8.count <= 64
    && text.utf8
      .split(omittingEmptySubsequences: false) { "+._-".utf8.contains($0) }
      .allSatisfy { part in !part.isEmpty && part.allSatisfy(isLowercaseAlphanumeric) }
}

private func isEncodedByte(_ byte: UInt8) -> Bool {
  isAlphanumeric(byte) || byte == UInt8(ascii: "=") || byte == UInt8(ascii: "_")
    || byte == UInt8(ascii: "-")
}
