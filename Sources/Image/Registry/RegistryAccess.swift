import HTTP
package import ImageSpec
import Synchronization

/// What all threads that talk to registries share: settings, credentials, tokens, and what was
/// learned of each server.
package final class RegistryAccess: Sendable {
  let settings: RegistrySettings
  package let credentialSource: CredentialSource
  private let rules: RegistriesFile
  private let state = Mutex(State())

  private struct State {
    var tokens: [TokenKey: Token] = [:]
    var contacts: [ContactKey: Contact] = [:]
    var credentials: [String: Credentials?] = [:]
  }

  /// - Throws: when registries.conf breaks a rule.
  package init(_ settings: RegistrySettings) throws(RegistryError) {
    guard HTTPSession.prepare() else { throw .http(.library(reason: "it cannot be set up")) }
    self.settings = settings
    credentialSource = CredentialSource(chosen: settings.authFile)
    rules = try RegistriesFile.load()
  }

  /// Where a name's repository is found: for pulling, the mirrors first.
  /// - Throws: `blocked`.
  package func places(
    of reference: Reference,
    forPulling: Bool,
  ) throws(RegistryError) -> [RegistryPlace] {
    let name = "\(reference.domain)/\(reference.path)"
    let found = try rules.rule(for: name)?
      .places(of: reference, forPulling: forPulling, verifiesTLS: settings.verifiesTLS)
    return found ?? [
      RegistryPlace(
        registry: reference.domain,
        path: reference.path,
        isInsecure: settings.verifiesTLS == false,
      )
    ]
  }

  /// A registry as a whole.
  package func place(ofRegistry registry: String) throws(RegistryError) -> RegistryPlace {
    let rule = rules.rule(for: registry)
    guard rule?.isBlocked != true else { throw .blocked(registry: registry) }
    let isInsecure = settings.verifiesTLS.map { !$0 } ?? rule?.place.isInsecure ?? false
    return RegistryPlace(registry: registry, path: "", isInsecure: isInsecure)
  }

  // MARK: What was learned

  struct TokenKey: Hashable {
    let registry: String
    let scope: String
  }

  struct Token {
    let header: String
    let expiry: ContinuousClock.Instant
  }

  func token(_ key: TokenKey) -> String? {
    state.withLock { state in
      guard let token = state.tokens[key] else { return nil }
      guard token.expiry > .now else {
        state.tokens[key] = nil
        return nil
      }
      return token.header
    }
  }

  func keep(_ token: Token, for key: TokenKey) {
    state.withLock { $0.tokens[key] = token }
  }

  func forget(_ key: TokenKey) {
    state.withLock { $0.tokens[key] = nil }
  }

  private struct ContactKey: Hashable {
    let registry: String
    let isInsecure: Bool
  }

  /// How a server was found to be reached.
  struct Contact {
    let base: WebAddress
    /// Where it is; nil behind a proxy.
    let network: NetworkKind?
  }

  func contact(_ place: RegistryPlace) -> Contact? {
    let key = ContactKey(registry: place.registry, isInsecure: place.isInsecure)
    return state.withLock { $0.contacts[key] }
  }

  func keep(_ contact: Contact, for place: RegistryPlace) {
    let key = ContactKey(registry: place.registry, isInsecure: place.isInsecure)
    state.withLock { $0.contacts[key] = contact }
  }

  /// The credentials for a repository, looked up once: a helper may ask the user.
  func credentials(_ place: RegistryPlace) throws(RegistryError) -> Credentials? {
    if let known = state.withLock({ $0.credentials[place.name] }) { return known }
    let found = try credentialSource.credentials(registry: place.registry, path: place.path)
    state.withLock { $0.credentials[place.name] = .some(found) }
    return found
  }

  /// Uses these credentials and no others for a registry as a whole, as a login does to try them.
  package func use(_ credentials: Credentials?, for place: RegistryPlace) {
    state.withLock { $0.credentials[place.name] = .some(credentials) }
  }
}
