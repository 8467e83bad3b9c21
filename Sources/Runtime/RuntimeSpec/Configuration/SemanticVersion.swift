/// The versions of the specification that this runtime implements.
package enum SpecificationVersion {
  /// The oldest one whose documents are understood.
  package static let oldest = "1.0.0"
  /// The newest one, which the documents made here are for.
  package static let newest = "1.3.0"
}

/// A version by the rules of SemVer 2.0.0.
///
/// Spec: config.md, "Specification version".
struct SemanticVersion {
  var major: UInt64
  var minor: UInt64
  var patch: UInt64

  /// Nil when the text is no such version.
  init?(_ text: String) {
    let withoutBuild = text.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
    let parts = withoutBuild[0].split(
      separator: "-",
      maxSplits: 1,
      omittingEmptySubsequences: false,
    )
    let core = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    let tags = parts.dropFirst() + withoutBuild.dropFirst()
    guard core.count == 3, tags.allSatisfy(Self.isTag),
      let major = Self.number(core[0]),
      let minor = Self.number(core[1]),
      let patch = Self.number(core[2])
    else { return nil }
    self.major = major
    self.minor = minor
    self.patch = patch
  }

  private static func number(_ digits: Substring) -> UInt64? {
    guard digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      digits == "0" || digits.first != "0"
    else { return nil }
    return UInt64(digits)
  }

  private static func isTag(_ tag: Substring) -> Bool {
    tag.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { identifier in
      !identifier.isEmpty
        && identifier.utf8.allSatisfy { byte in
          switch byte {
          case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"):
            true
          default: false
          }
        }
    }
  }
}
