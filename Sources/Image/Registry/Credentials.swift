import HostProcess
import ImageSpec

/// Who we are to a registry.
package enum Credentials: Equatable, Sendable {
  case password(user: String, password: String)
  /// A token that a login gave out, to be exchanged for others.
  case identityToken(String)

  /// The value of an `Authorization` header; nil for what is no password.
  var basicHeader: String? {
    guard case .password(let user, let password) = self else { return nil }
    return "Basic " + Base64.encoded(Array("\(user):\(password)".utf8))
  }
}

/// Where credentials are looked up: files, and the helpers that they name.
///
/// See: containers-auth.json(5).
package struct CredentialSource: Sendable {
  /// The files in the order in which they count; the first is the one that is written to.
  private let paths: [String]

  /// - Parameter chosen: the only file that counts; nil for those of the environment.
  package init(chosen: String?) {
    func variable(_ name: String) -> String? {
      Surroundings.variable(name).flatMap { $0.isEmpty ? nil : $0 }
    }
    if let path = chosen ?? variable("REGISTRY_AUTH_FILE") {
      paths = [path]
      return
    }
    var paths: [String] = []
    if let runtime = variable("XDG_RUNTIME_DIR") {
      paths.append(runtime + "/containers/auth.json")
    } else {
      paths.append("/run/containers/\(Surroundings.effectiveUser)/auth.json")
    }
    if let home = variable("HOME") {
      let configuration = variable("XDG_CONFIG_HOME") ?? home + "/.config"
      paths.append(configuration + "/containers/auth.json")
      paths.append((variable("DOCKER_CONFIG") ?? home + "/.docker") + "/config.json")
    } else if let docker = variable("DOCKER_CONFIG") {
      paths.append(docker + "/config.json")
    }
    self.paths = paths
  }

  /// The credentials for a repository of a registry; nil when there are none.
  /// - Throws: when a file is broken or a helper fails.
  package func credentials(
    registry: String,
    path: String,
  ) throws(RegistryError) -> Credentials? {
    for file in paths {
      guard let found = try CredentialFile(path: file)?.credentials(registry: registry, path: path)
      else { continue }
      return found
    }
    return nil
  }

  /// Keeps credentials for a registry.
  package func store(_ credentials: Credentials, registry: String) throws(RegistryError) {
    let path = paths[0]
    var file = try CredentialFile(path: path) ?? CredentialFile(newAt: path)
    try file.store(credentials, registry: registry)
  }

  /// Forgets the credentials of a registry, or of all of them.
  ///
  /// - Returns: the registries that were forgotten.
  package func erase(registry: String?) throws(RegistryError) -> [String] {
    var erased: [String] = []
    for path in paths {
      guard var file = try CredentialFile(path: path) else { continue }
      erased += try file.erase(registry: registry)
    }
    return Array(Set(erased)).sorted()
  }
}
