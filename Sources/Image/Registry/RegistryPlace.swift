import ImageSpec

/// A repository as it is reached: of the registry itself or of a mirror.
package struct RegistryPlace: Hashable, Sendable {
  /// `host[:port]`, as in a name; credentials and certificates are kept under it.
  package let registry: String
  /// The repository's path; empty when the registry as a whole is meant.
  package let path: String
  /// Whether certificates are not verified and http will do.
  package let isInsecure: Bool

  package init(registry: String, path: String, isInsecure: Bool) {
    self.registry = registry
    self.path = path
    self.isInsecure = isInsecure
  }

  /// The server behind the registry's name.
  var host: String { registry == "docker.io" ? "registry-1.docker.io" : registry }

  /// The path of another repository of the same registry.
  package func repository(_ path: String) -> RegistryPlace {
    RegistryPlace(registry: registry, path: path, isInsecure: isInsecure)
  }

  var name: String { path.isEmpty ? registry : "\(registry)/\(path)" }
}

/// How registries are reached, from the command line.
package struct RegistrySettings: Sendable {
  /// Whether certificates are verified and https is needed; nil leaves it to registries.conf.
  package var verifiesTLS: Bool?
  /// The only file of credentials.
  package var authFile: String?
  /// The only directory of certificates for registries.
  package var certificateDirectory: String?
  package var stallSeconds = 30
  package var userAgent = "swimg"

  package init() {}
}

extension RegistryRule {
  /// Where a name's repository is found, the mirrors first.
  func places(
    of reference: Reference,
    forPulling: Bool,
    verifiesTLS: Bool?,
  ) throws(RegistryError) -> [RegistryPlace] {
    let name = "\(reference.domain)/\(reference.path)"
    guard !isBlocked else { throw .blocked(registry: prefix) }
    guard let rest = rest(of: name) else { return [] }
    var found: [Place] = []
    if forPulling {
      found += mirrors.filter { mirror in
        switch mirror.serves {
        case .all: true
        case .digestOnly: reference.digest != nil
        case .tagOnly: reference.digest == nil
        }
      }
    }
    found.append(place)
    return found.map { place in
      // A rule for all subdomains has no place of its own.
      let whole = place.location.isEmpty ? name : place.location + rest
      let slash = whole.firstIndex(of: "/") ?? whole.endIndex
      return RegistryPlace(
        registry: String(whole[..<slash]),
        path: String(whole[slash...].dropFirst()),
        isInsecure: verifiesTLS.map { !$0 } ?? place.isInsecure,
      )
    }
  }
}
