extension Configuration {
  /// One entry of `mounts`.
  ///
  /// Spec: config.md, "Mounts" and config-linux.md.
  package struct Mount: Equatable, Sendable {
    package var destination: String
    package var type: String?
    package var source: String?
    package var options: [String]?
    package var uidMappings: [IDMapping]?
    package var gidMappings: [IDMapping]?
  }
}
