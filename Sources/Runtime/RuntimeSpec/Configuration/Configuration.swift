/// A decoded config.json: the specification's words and structure, nothing decided yet.
///
/// A property that the document leaves out is nil, which is never the same as an empty one.
/// Spec: config.md.
package struct Configuration: Equatable, Sendable {
  /// The version of the specification that the bundle was written for.
  package var ociVersion: String
  package var root: Root?
  package var mounts: [Mount]?
  package var process: Process?
  package var hostname: String?
  package var domainname: String?
  package var hooks: Hooks?
  /// The annotations in the order in which the document has them.
  package var annotations: [Annotation]?
  package var linux: Linux?
}

/// One key and its value out of `annotations`.
///
/// Spec: config.md, "Annotations".
package struct Annotation: Equatable, Sendable {
  package var key: String
  package var value: String

  package init(key: String, value: String) {
    self.key = key
    self.value = value
  }
}
