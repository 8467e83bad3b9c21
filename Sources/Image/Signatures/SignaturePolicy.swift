import HostProcess
import ImageSpec
import RootedFiles

/// Which images are let in.
///
/// See: containers-policy.json(5).
package struct SignaturePolicy: Sendable, Equatable {
  let path: String
  private let standard: [PolicyRequirement]
  private let transports: [String: [String: [PolicyRequirement]]]

  private static let limit = 4 << 20

  /// Reads the file that was chosen, the user's, or the machine's.
  ///
  /// - Returns: nil when nothing was chosen and there is none: then everything is let in.
  package static func load(chosen: String?) throws(PolicyError) -> SignaturePolicy? {
    if let chosen {
      guard let policy = try SignaturePolicy(path: chosen) else {
        throw .configuration(path: chosen, problem: "is not there")
      }
      return policy
    }
    if let home = Surroundings.variable("HOME"), home.hasPrefix("/"),
      let policy = try SignaturePolicy(path: home + "/.config/containers/policy.json")
    {
      return policy
    }
    return try SignaturePolicy(path: "/etc/containers/policy.json")
  }

  private init?(path: String) throws(PolicyError) {
    guard let bytes = try contents(path, limit: SignaturePolicy.limit) else { return nil }
    try self.init(parsing: bytes, path: path)
  }

  /// - Throws: when anything in it is not understood: what is not understood can't be obeyed.
  package init(parsing bytes: [UInt8], path: String) throws(PolicyError) {
    self.path = path
    do throws(DocumentError) {
      let fields = try DocumentFields(parsing: bytes)
      try fields.checkKeys(["default", "transports"])
      guard let standard = try fields.requirements("default") else {
        throw fields.error("default", "the field is missing")
      }
      self.standard = standard
      var transports: [String: [String: [PolicyRequirement]]] = [:]
      if let all = try fields.fields("transports") {
        for transport in all.object.members.map(\.key) {
          let scopes = try all.requiredFields(transport)
          transports[transport] = [:]
          for scope in scopes.object.members.map(\.key) {
            transports[transport]?[scope] = try scopes.requirements(scope) ?? []
          }
        }
      }
      self.transports = transports
    } catch {
      throw .configuration(path: path, problem: "\(error)")
    }
  }

  /// What is wanted of an image: of the narrowest scope that there is.
  func requirements(_ transport: String, _ scopes: [String]) -> [PolicyRequirement] {
    guard let known = transports[transport] else { return standard }
    for scope in scopes + [""] {
      if let found = known[scope] { return found }
    }
    return standard
  }
}

/// One thing that is wanted of an image.
enum PolicyRequirement: Equatable {
  case acceptAnything
  case reject
  case signed(SignedRequirement)
  /// Something that we can't check, so that nothing passes it.
  case unsupported(String)
}

/// That an image has a signature by one of these keys, for the right name.
struct SignedRequirement: Equatable {
  enum Key: Equatable {
    case path(String)
    case data([UInt8])
  }

  let keys: [Key]
  let identity: SignedIdentity
}

extension DocumentFields {
  /// - Throws: when there is another key than these.
  func checkKeys(_ keys: Set<String>) throws(DocumentError) {
    for member in object.members where !keys.contains(member.key) {
      throw error(member.key, "the field is not known")
    }
  }

  fileprivate func requirements(_ key: String) throws(DocumentError) -> [PolicyRequirement]? {
    guard let elements = try arrayOfFields(key) else { return nil }
    guard !elements.isEmpty else { throw error(key, "at least one requirement is expected") }
    var requirements: [PolicyRequirement] = []
    for element in elements { requirements.append(try PolicyRequirement(element)) }
    return requirements
  }
}

extension PolicyRequirement {
  fileprivate init(_ fields: DocumentFields) throws(DocumentError) {
    let type = try fields.requiredString("type")
    switch type {
    case "insecureAcceptAnything":
      try fields.checkKeys(["type"])
      self = .acceptAnything
    case "reject":
      try fields.checkKeys(["type"])
      self = .reject
    case "signedBy", "signedBaseLayer": self = .unsupported(type)
    case "sigstoreSigned":
      let unchecked = [
        "fulcio", "pki", "rekorPublicKeyPath", "rekorPublicKeyPaths", "rekorPublicKeyData",
        "rekorPublicKeyDatas",
      ]
      if let key = unchecked.first(where: fields.has) {
        self = .unsupported("\(type) with \(key)")
      } else {
        self = .signed(try SignedRequirement(fields))
      }
    default: throw fields.error("type", "\"\(type)\" is not known")
    }
  }
}

extension SignedRequirement {
  fileprivate init(_ fields: DocumentFields) throws(DocumentError) {
    let sources = ["keyPath", "keyPaths", "keyData", "keyDatas"]
    try fields.checkKeys(Set(sources).union(["type", "signedIdentity"]))
    guard sources.count(where: fields.has) == 1 else {
      throw fields.error("keyPath", "exactly one of keyPath and keyData is expected")
    }
    let path = try fields.string("keyPath")
    let paths = try fields.strings("keyPaths")
    let text = try fields.string("keyData")
    let texts = try fields.strings("keyDatas")
    var keys = (paths ?? [path].compactMap { $0 }).map { Key.path($0) }
    for text in texts ?? [text].compactMap({ $0 }) {
      guard let data = Base64.decoded(text) else {
        throw fields.error("keyData", "is no base64")
      }
      keys.append(.data(data))
    }
    guard !keys.isEmpty else { throw fields.error("keyPaths", "at least one key is expected") }
    self.keys = keys
    identity =
      if let wanted = try fields.fields("signedIdentity") {
        try SignedIdentity(wanted)
      } else {
        .matchRepositoryDigestOrExact
      }
  }
}

/// The content of a small file of the machine.
///
/// - Returns: nil when it isn't there.
func contents(_ path: String, limit: Int) throws(PolicyError) -> [UInt8]? {
  do throws(FileError) {
    let file = try OwnedDescriptor(openingFileAtPath: path)
    let kind = try file.status().kind
    guard kind == .regular else { throw .notRegular(subject: [], kind: kind) }
    var contents: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16_384)
    while true {
      let length = try file.read(into: &buffer)
      guard length > 0 else { return contents }
      guard contents.count + length <= limit else { throw .tooLarge(subject: [], limit: limit) }
      contents += buffer.prefix(length)
    }
  } catch  where error.code == .noEntry || error.code == .notDirectory {
    return nil
  } catch {
    throw .file(path: path, error)
  }
}
