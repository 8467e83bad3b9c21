package import JSON

/// A decoded config.json: the specification's words and structure, nothing decided yet.
///
/// A property that the document leaves out is nil, which is never the same as an empty one.
/// Spec: config.md.
package struct Configuration: Equatable, Sendable {
  /// The text that this was decoded from, for the lines of later errors.
  package var document: JSONDocument
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
  /// The keys of the sections for other platforms, which may stand beside `linux`.
  package var foreignSections: [String]

  /// Decodes the text of a config.json.
  ///
  /// - Throws: when the text is no JSON, when a property that the specification knows has another
  ///   type or range than it says or one that it requires is missing, and when the bundle is for
  ///   other platforms than Linux alone.
  package init(parsing bytes: [UInt8]) throws(ConfigurationError) {
    let document: JSONDocument
    do {
      document = try JSONDocument(parsing: bytes)
    } catch {
      throw ConfigurationError(error)
    }
    try self.init(document)
  }

  /// Decodes a parsed config.json.
  ///
  /// - Throws: as `init(parsing:)`, but for the JSON itself.
  package init(_ document: JSONDocument) throws(ConfigurationError) {
    let section = try Section(document.root, "config.md")
    self.document = document
    foreignSections = try Self.foreignSections(section)
    ociVersion = try section.required("ociVersion", Self.version(section))
    root = try section.section("root", "config.md, \"Root\"", make: Root.init)
    mounts = try section.sections("mounts", "config.md, \"Mounts\"", each: Mount.init)
    process = try section.section("process", "config.md, \"Process\"", make: Process.init)
    hostname = try section.string("hostname")
    domainname = try section.string("domainname")
    hooks = try section.section("hooks", "config.md, \"POSIX-platform Hooks\"", make: Hooks.init)
    annotations = try section.stringMap("annotations")?.map { Annotation(key: $0, value: $1) }
    linux = try section.section("linux", "config-linux.md", make: Linux.init)
  }

  /// Where the specification has a section for each platform.
  static let platformClause = "config.md, \"Platform-specific configuration\""

  private static func foreignSections(_ section: Section) throws(ConfigurationError) -> [String] {
    let hasOwn = section.member("linux") != nil
    var found: [String] = []
    for platform in ["freebsd", "solaris", "vm", "windows", "zos"] {
      guard let node = section.member(platform) else { continue }
      guard hasOwn else {
        throw node.failure(
          "is for another platform: this runtime runs Linux containers",
          platformClause,
        )
      }
      found.append(platform)
    }
    return found
  }

  private static func version(_ section: Section) throws(ConfigurationError) -> String? {
    guard let node = section.member("ociVersion") else { return nil }
    let clause = "config.md, \"Specification version\""
    let text = try node.text(clause)
    guard SemanticVersion(text) != nil else {
      throw node.failure("must be a SemVer 2.0.0 version as 1.3.0, is \(quoted(text))", clause)
    }
    return text
  }
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
