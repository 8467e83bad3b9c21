/// An image's configuration: what to run, where, and the digests of the unpacked layers.
///
/// Spec: image-spec config.md.
package struct ImageConfiguration: Sendable {
  package let platform: Platform
  package let osVersion: String?
  package let created: String?
  package let author: String?
  package let execution: ExecutionDefaults
  /// The digests of the layers' uncompressed tar archives, base first.
  package let diffIDs: [Digest]
  /// The whole document, unknown fields too.
  package let document: JSONObject

  /// - Throws: when the document breaks a rule.
  package init(parsing bytes: [UInt8]) throws(DocumentError) {
    let fields = try DocumentFields(parsing: bytes)
    guard let platform = try Platform(fields) else {
      throw .document(problem: "os and architecture must be given")
    }
    self.platform = platform
    document = fields.object
    osVersion = try fields.string("os.version")
    created = try fields.string("created")
    author = try fields.string("author")
    execution = try ExecutionDefaults(
      try fields.fields("config") ?? DocumentFields([:], path: "config")
    )
    let rootfs = try fields.requiredFields("rootfs")
    let type = try rootfs.requiredString("type")
    guard type == "layers" else {
      throw rootfs.error("type", "\"\(type)\" is unknown, \"layers\" is expected")
    }
    var diffIDs: [Digest] = []
    for (index, text) in (try rootfs.strings("diff_ids") ?? []).enumerated() {
      do throws(DigestError) {
        diffIDs.append(try Digest(parsing: text))
      } catch {
        throw rootfs.error("diff_ids[\(index)]", error.description)
      }
    }
    self.diffIDs = diffIDs
  }
}

/// The execution parameters that a container of the image starts from.
///
/// Spec: image-spec config.md, "config".
package struct ExecutionDefaults: Sendable {
  package let user: String
  package let exposedPorts: [String]
  package let environment: [String]
  package let entrypoint: [String]
  package let command: [String]
  package let volumes: [String]
  package let workingDirectory: String
  package let labels: [(key: String, value: String)]
  package let stopSignal: String?

  init(_ fields: DocumentFields) throws(DocumentError) {
    user = try fields.string("User") ?? ""
    exposedPorts = try fields.setMembers("ExposedPorts")
    environment = try fields.strings("Env") ?? []
    entrypoint = try fields.strings("Entrypoint") ?? []
    command = try fields.strings("Cmd") ?? []
    volumes = try fields.setMembers("Volumes")
    workingDirectory = try fields.string("WorkingDir") ?? ""
    labels = try fields.stringMembers("Labels") ?? []
    let signal = try fields.string("StopSignal")
    stopSignal = signal == "" ? nil : signal
  }
}
