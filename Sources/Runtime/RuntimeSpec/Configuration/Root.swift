extension Configuration {
  /// The container's root file system.
  ///
  /// Spec: config.md, "Root".
  package struct Root: Equatable, Sendable {
    /// An absolute path, or one relative to the bundle.
    package var path: String
    package var readonly: Bool?
  }
}

extension Configuration.Root {
  init(_ section: Section) throws(ConfigurationError) {
    path = try section.required("path", section.string("path"))
    readonly = try section.boolean("readonly")
  }
}
