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

extension Configuration.Mount {
  init(_ section: Section) throws(ConfigurationError) {
    destination = try section.required("destination", section.string("destination"))
    type = try section.string("type")
    source = try section.string("source")
    options = try section.strings("options")
    uidMappings = try section.sections("uidMappings", section.clause, each: IDMapping.init)
    gidMappings = try section.sections("gidMappings", section.clause, each: IDMapping.init)
  }
}
