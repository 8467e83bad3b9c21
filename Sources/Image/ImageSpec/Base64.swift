internal import FoundationEssentials

/// Base64, of credentials and of signatures.
///
/// Spec: RFC 4648, section 4.
package enum Base64 {
  package static func encoded(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }

  /// - Returns: nil when the text is no base64.
  package static func decoded(_ text: String) -> [UInt8]? {
    // The library takes any number of them.
    guard !text.hasSuffix("===") else { return nil }
    // Some keepers of credentials leave the padding out.
    let missing = -text.utf8.count & 3
    let padded = text + String(repeating: "=", count: missing)
    return Data(base64Encoded: padded).map { Array($0) }
  }
}
