import HTTP
import ImageSpec

extension RegistryClient {
  func tokenKey(_ scope: Scope) -> RegistryAccess.TokenKey {
    RegistryAccess.TokenKey(
      registry: place.registry,
      scope: scopes(scope).joined(separator: " "),
    )
  }

  /// Scopes in the form of the token server.
  private func scopes(_ scope: Scope) -> [String] {
    switch scope {
    case .asChallenged, .anonymous: []
    case .pull: ["repository:\(place.path):pull"]
    case .push(let sources):
      ["repository:\(place.path):pull,push"]
        + sources.filter { $0 != place.path }.map { "repository:\($0):pull" }
    case .delete: ["repository:\(place.path):delete,pull"]
    }
  }

  /// The header that answers a challenge; what is learned is kept for the requests to come.
  /// - Throws: when there are no credentials or they are not accepted.
  func authorization(
    for response: HTTPResponse,
    _ scope: Scope,
  ) throws(RegistryError) -> String {
    let challenges = response.headers.all("WWW-Authenticate").compactMap(Challenge.init)
    let credentials = try access.credentials(place)
    let key = tokenKey(scope)
    if let bearer = challenges.first(where: { $0.scheme == "bearer" }) {
      let token = try token(bearer, credentials, scope)
      access.keep(token, for: key)
      return token.header
    }
    guard challenges.contains(where: { $0.scheme == "basic" }),
      let header = credentials?.basicHeader
    else { throw failure(response, contact.base.authority) }
    access.keep(RegistryAccess.Token(header: header, expiry: .now + .seconds(86_400)), for: key)
    return header
  }

  /// Gets a token from the realm that the registry names.
  ///
  /// Credentials go there: so only over https unless the registry itself has none, and never to a
  /// network that the registry has no business with.
  private func token(
    _ challenge: Challenge,
    _ credentials: Credentials?,
    _ scope: Scope,
  ) throws(RegistryError) -> RegistryAccess.Token {
    guard let realm = challenge.parameters["realm"] else {
      throw .protocolBroken(subject: contact.base.authority, problem: "a challenge has no realm")
    }
    let address = try asked { () throws(HTTPError) in try contact.base.resolving(realm) }
    guard address.isSecure || !contact.base.isSecure else {
      throw .protocolBroken(
        subject: contact.base.authority,
        problem: "refused: its token server \(address.authority) is not reached by https",
      )
    }
    var wanted = scopes(scope)
    let challenged = challenge.parameters["scope"]?.split(separator: " ").map(String.init) ?? []
    for scope in challenged where !covers(wanted, scope) { wanted.append(scope) }
    var request = try tokenRequest(
      address,
      service: challenge.parameters["service"],
      wanted,
      credentials,
    )
    request.limit = 1 << 20
    request.reach = reach(to: address)
    let response = try sentToRealm(request)
    guard response.isSuccess else {
      throw failure(response, address.authority)
    }
    return try token(in: response, from: address)
  }

  /// Whether an own scope includes the one that the registry asked for.
  private func covers(_ own: [String], _ challenged: String) -> Bool {
    let parts = challenged.split(separator: ":", maxSplits: 2)
    return own.contains { scope in
      let mine = scope.split(separator: ":")
      guard mine.count == 3, parts.count == 3, mine[0] == parts[0], mine[1] == parts[1] else {
        return false
      }
      return Set(parts[2].split(separator: ",")).isSubset(of: mine[2].split(separator: ","))
    }
  }

  private func tokenRequest(
    _ realm: WebAddress,
    service: String?,
    _ scopes: [String],
    _ credentials: Credentials?,
  ) throws(RegistryError) -> HTTPRequest {
    if case .identityToken(let token) = credentials {
      var form = [
        ("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", "swimg"),
        ("scope", scopes.joined(separator: " ")),
      ]
      if let service { form.append(("service", service)) }
      var request = HTTPRequest(.post, realm)
      request.headers = [("Content-Type", "application/x-www-form-urlencoded")]
      request.body = .bytes(
        Array(form.map { "\($0.0)=\(percentEncoded($0.1))" }.joined(separator: "&").utf8)
      )
      return request
    }
    let address = try asked { () throws(HTTPError) in
      var address = realm
      if let service { address = try address.appendingQuery("service", service) }
      for scope in scopes { address = try address.appendingQuery("scope", scope) }
      return address
    }
    var request = HTTPRequest(.get, address)
    if let header = credentials?.basicHeader { request.headers = [("Authorization", header)] }
    return request
  }

  /// A token may be asked for again, unlike what a registry is told to do.
  private func sentToRealm(_ request: HTTPRequest) throws(RegistryError) -> HTTPResponse {
    var backoff = Backoff()
    while true {
      do throws(RegistryError) {
        let response = try asked { () throws(HTTPError) in try session.perform(request) }
        guard isTemporaryStatus(response.status),
          try backoff.pause(retryAfter: response.headers["Retry-After"])
        else { return response }
      } catch  where error.isTemporary {
        guard try backoff.pause(retryAfter: nil) else { throw error }
      }
    }
  }

  private func token(
    in response: HTTPResponse,
    from realm: WebAddress,
  ) throws(RegistryError) -> RegistryAccess.Token {
    do throws(DocumentError) {
      let fields = try DocumentFields(parsing: response.body)
      var text = try fields.string("token")
      if text == nil { text = try fields.string("access_token") }
      guard let text, !text.isEmpty else { throw fields.error("token", "the field is missing") }
      // A minute is what a server means that says nothing; a part of it is lost on the way.
      let seconds = max(10, min(try fields.integer("expires_in") ?? 60, 86_400))
      return RegistryAccess.Token(
        header: "Bearer \(text)",
        expiry: .now + .seconds(seconds * 9 / 10),
      )
    } catch {
      throw .protocolBroken(subject: "token server \(realm.authority)", problem: "\(error)")
    }
  }
}
