import HostProcess
import ImageSpec
import RootedFiles

/// One config.json of Docker or auth.json of containers; fields that we don't know stay.
struct CredentialFile {
  private let path: String
  private var document: JSONObject

  private static let limit = 4 << 20
  /// The name under which Docker's own registry stands in these files.
  private static let dockerKey = "https://index.docker.io/v1/"

  /// A file that is to be made.
  init(newAt path: String) {
    self.path = path
    document = [:]
  }

  /// Reads a file.
  ///
  /// - Returns: nil when it isn't there, or has nothing in it.
  init?(path: String) throws(RegistryError) {
    guard let bytes = try contents(path, limit: CredentialFile.limit), !bytes.isEmpty else {
      return nil
    }
    do throws(DocumentError) {
      document = try DocumentFields(parsing: bytes).object
    } catch {
      throw .configuration(path: path, problem: "\(error)")
    }
    self.path = path
  }

  /// A helper of the registry's own comes first, then its entries, at last the helper for all.
  ///
  /// So it is with Docker and containers: what stands beside a registry's helper in the file is older.
  /// The most specific entry wins: `host/some/repository`, its parents, the host.
  func credentials(registry: String, path: String) throws(RegistryError) -> Credentials? {
    if let found = try ownHelper(of: registry)?.credentials(of: registry) { return found }
    var keys = [registry]
    for part in path.split(separator: "/") { keys.insert("\(keys[0])/\(part)", at: 0) }
    for key in keys + CredentialFile.keys(of: registry) {
      if let found = try entry(key) { return found }
    }
    return try commonHelper()?.credentials(of: registry)
  }

  /// The keys under which other tools may have kept a registry as a whole.
  private static func keys(of registry: String) -> [String] {
    guard registry != "docker.io" else {
      return [dockerKey, "index.docker.io", "registry-1.docker.io"]
    }
    return ["https://", "http://"].flatMap { scheme in
      ["", "/", "/v1/", "/v2/"].map { scheme + registry + $0 }
    }
  }

  private func object(_ key: String) -> JSONObject? {
    guard case .object(let object) = document[key] else { return nil }
    return object
  }

  private func entry(_ key: String) throws(RegistryError) -> Credentials? {
    guard case .object(let entry) = object("auths")?[key] else { return nil }
    if case .string(let token) = entry["identitytoken"], !token.isEmpty {
      return .identityToken(token)
    }
    guard case .string(let auth) = entry["auth"], !auth.isEmpty else { return nil }
    guard let bytes = Base64.decoded(auth), let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
      let user = String(validating: bytes[..<colon], as: UTF8.self),
      let password = String(validating: bytes[(colon + 1)...], as: UTF8.self)
    else { throw .configuration(path: path, problem: "auths: \(key): auth is no USER:PASSWORD") }
    // Docker has left NULs at the end.
    let trimmed = password.unicodeScalars.reversed().drop { $0 == "\0" }.reversed()
    return .password(user: user, password: String(String.UnicodeScalarView(trimmed)))
  }

  private func helper(for registry: String) throws(RegistryError) -> CredentialHelper? {
    if let own = try ownHelper(of: registry) { return own }
    return try commonHelper()
  }

  private func ownHelper(of registry: String) throws(RegistryError) -> CredentialHelper? {
    let keys = registry == "docker.io" ? [registry, CredentialFile.dockerKey] : [registry]
    for key in keys {
      if case .string(let name) = object("credHelpers")?[key] {
        return try CredentialHelper(name, path)
      }
    }
    return nil
  }

  private func commonHelper() throws(RegistryError) -> CredentialHelper? {
    guard case .string(let name) = document["credsStore"], !name.isEmpty else { return nil }
    return try CredentialHelper(name, path)
  }

  mutating func store(_ credentials: Credentials, registry: String) throws(RegistryError) {
    if let helper = try helper(for: registry) {
      try helper.store(credentials, registry: registry)
      return
    }
    let entry: JSONObject =
      switch credentials {
      case .password(let user, let password):
        ["auth": .string(Base64.encoded(Array("\(user):\(password)".utf8)))]
      case .identityToken(let token): ["identitytoken": .string(token)]
      }
    let key = key(of: registry)
    try changeEntries { $0[key] = .object(entry) }
  }

  private func key(of registry: String) -> String {
    let isDocker = path.hasSuffix("/config.json") && registry == "docker.io"
    return isDocker ? CredentialFile.dockerKey : registry
  }

  /// - Returns: the registries that were forgotten.
  mutating func erase(registry: String?) throws(RegistryError) -> [String] {
    let doomed = (object("auths") ?? [:]).members.map(\.key).filter { key in
      guard let registry else { return true }
      return key == registry || CredentialFile.keys(of: registry).contains(key)
    }
    var erased = registry == nil ? doomed.map(CredentialFile.registry) : []
    if let registry {
      let isKept = try helper(for: registry)?.erase(registry: registry) ?? false
      if isKept || !doomed.isEmpty { erased = [registry] }
    }
    // Beside a helper an entry may be left that counts again once the helper has nothing.
    guard !doomed.isEmpty else { return erased }
    try changeEntries { entries in
      for key in doomed { entries[key] = nil }
    }
    return erased
  }

  /// The registry that a key means.
  private static func registry(_ key: String) -> String {
    key == dockerKey ? "docker.io" : key
  }

  /// Changes the entries as they stand now: others may log in or out at the same time.
  private mutating func changeEntries(
    _ change: (inout JSONObject) -> Void
  ) throws(RegistryError) {
    let (parent, name) = parentAndName(path)
    // The file itself is replaced each time: the lock is its directory's.
    let directory: Directory
    do throws(FileError) {
      directory = try Directory(makingPrivateAtPath: parent)
    } catch {
      throw .file(path: path, error)
    }
    try lock(directory)
    defer { withExtendedLifetime(directory) {} }
    document = try CredentialFile(path: path)?.document ?? [:]
    var entries = object("auths") ?? [:]
    change(&entries)
    document["auths"] = .object(entries)
    try write(name, in: directory)
  }

  /// Waits until nobody else changes files of this directory.
  private func lock(_ directory: Directory) throws(RegistryError) {
    while true {
      do throws(FileError) {
        if try directory.descriptor.lockIfPossible(or: true) { return }
      } catch {
        throw .file(path: path, error)
      }
      // Not by flock(2), which would miss a signal that comes just before it.
      do throws(Interrupted) {
        try Interruption.sleep(milliseconds: 10)
      } catch {
        throw .interrupted(error)
      }
    }
  }

  /// Replaces the file in one step; nobody but its owner can read it at any time.
  private func write(_ name: String, in directory: Directory) throws(RegistryError) {
    do throws(FileError) {
      // /dev/null must stay what it is.
      let kind = try directory.status(of: try FileName(name))?.kind ?? .regular
      guard kind == .regular || kind == .symbolicLink else {
        throw .notRegular(subject: [], kind: kind)
      }
      let temporary = try directory.makeTemporaryFile(
        TemporaryNames(for: try FileName(name)),
        mode: 0o600,
      )
      do throws(FileError) {
        try temporary.file.write(Array(JSONValue.object(document).indentedText.utf8).span)
        try temporary.file.synchronize()
        try directory.rename(temporary.name, to: try FileName(name), in: directory)
      } catch {
        try directory.unlink(temporary.name)
        throw error
      }
    } catch {
      throw .file(path: path, error)
    }
  }
}

extension Directory {
  /// Opens a directory, making it and what is missing above it for the owner alone.
  fileprivate convenience init(makingPrivateAtPath path: String) throws(FileError) {
    do throws(FileError) {
      try self.init(atPath: path)
    } catch  where error.code == .noEntry && path != "/" && path != "." {
      let (parent, name) = parentAndName(path)
      let above = try Directory(makingPrivateAtPath: parent)
      do throws(FileError) {
        try above.makeDirectory(try FileName(name), mode: 0o700)
      } catch  where error.code == .exists {
        // Somebody else was first.
      }
      try self.init(atPath: path)
    }
  }
}
