/// What an image runs on: operating system, architecture, and the architecture's variant.
///
/// Spec: image-spec image-index.md, "platform".
package struct Platform: Hashable, Sendable, CustomStringConvertible {
  package let os: String
  package let architecture: String
  package let variant: String?

  package init(os: String, architecture: String, variant: String?) {
    self.os = os
    self.architecture = architecture
    self.variant = variant
  }

  package var description: String {
    "\(os)/\(architecture)" + (variant.map { "/\($0)" } ?? "")
  }

  /// Reads `OS/ARCHITECTURE[/VARIANT]`.
  ///
  /// The kernel's names of the two common architectures are taken as well: x86_64, aarch64.
  package init?(parsing text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2 || parts.count == 3,
      parts.allSatisfy({ part in
        !part.isEmpty && part.utf8.allSatisfy { isAlphanumeric($0) || "_.-".utf8.contains($0) }
      })
    else { return nil }
    let aliases = ["x86_64": "amd64", "aarch64": "arm64"]
    self.init(
      os: parts[0],
      architecture: aliases[parts[1]] ?? parts[1],
      variant: parts.count == 3 ? parts[2] : nil,
    )
  }

  /// The machine that this program was built for.
  package static var host: Platform {
    #if arch(arm64)
    Platform(os: "linux", architecture: "arm64", variant: nil)
    #else
    Platform(os: "linux", architecture: "amd64", variant: nil)
    #endif
  }

  /// Whether an image for another platform serves a request for this one.
  ///
  /// A request without a variant takes any; `v8` is what arm64 without a variant means, `v1` what
  /// amd64 without a variant means.
  package func accepts(_ offered: Platform) -> Bool {
    guard os == offered.os, architecture == offered.architecture else { return false }
    guard let variant else { return true }
    return variant == (offered.variant ?? Platform.baseVariant[architecture])
  }

  private static let baseVariant = ["arm64": "v8", "amd64": "v1", "arm": "v7"]

  /// The platform in a descriptor or image configuration; nil where it names none.
  /// - Throws: when a field has the wrong type.
  package init?(_ fields: DocumentFields) throws(DocumentError) {
    guard let os = try fields.string("os"), let architecture = try fields.string("architecture")
    else { return nil }
    let variant = try fields.string("variant")
    self.init(os: os, architecture: architecture, variant: variant == "" ? nil : variant)
  }
}
