import HTTP
import HostProcess
import ImageSpec

/// One thread's conversation with one repository.
///
/// Spec: distribution-spec, "Endpoints".
package final class RegistryClient {
  package let place: RegistryPlace
  let access: RegistryAccess
  let session: HTTPSession
  let contact: RegistryAccess.Contact

  /// Finds the server and how it is reached.
  /// - Throws: when it can't be reached or is no registry.
  package init(_ place: RegistryPlace, _ access: RegistryAccess) throws(RegistryError) {
    self.place = place
    self.access = access
    let certificates = try HostCertificates(
      registry: place.registry,
      chosenDirectory: access.settings.certificateDirectory,
    )
    let settings = certificates.settings(access.settings, isInsecure: place.isInsecure)
    session = try asked { () throws(HTTPError) in
      try HTTPSession(settings) { Interruption.isRequested }
    }
    contact = try RegistryClient.contact(place, access, session)
  }

  /// The same for links that lead away from the registry: whoever is there learns nothing of us.
  init(forLinksFrom other: RegistryClient) throws(RegistryError) {
    place = other.place
    access = other.access
    contact = other.contact
    var settings = try HostCertificates(
      registry: place.registry,
      chosenDirectory: access.settings.certificateDirectory,
    ).settings(access.settings, isInsecure: place.isInsecure)
    settings.clientCertificate = nil
    settings.clientKey = nil
    let chosen = settings
    session = try asked { () throws(HTTPError) in
      try HTTPSession(chosen) { Interruption.isRequested }
    }
  }

  /// - Throws: when the address cannot be made of the parts.
  func address(_ path: String) throws(RegistryError) -> WebAddress {
    try asked { () throws(HTTPError) in
      try WebAddress(parsing: "\(contact.base.description)v2/\(path)")
    }
  }

  /// The address of something in the repository.
  func repositoryAddress(_ path: String) throws(RegistryError) -> WebAddress {
    try address("\(place.path)/\(path)")
  }

  // MARK: Requests

  /// What is to be allowed by a token.
  enum Scope {
    /// Whatever the registry asks for.
    case asChallenged
    case pull
    case push(mountingFrom: [String])
    case delete
    /// Nothing: no authorization is sent, whoever asks for one.
    case anonymous
  }

  /// An answer, and the request that got it, after redirects.
  struct Answer {
    let response: HTTPResponse
    let request: HTTPRequest
  }

  private static let redirectLimit = 5

  /// Sends a request, with authorization where that is wanted, and follows redirects.
  func send(
    _ request: HTTPRequest,
    _ scope: Scope,
    receiver: (any BodyReceiver)? = nil,
    sending: (@Sendable (Int64) -> Void)? = nil,
  ) throws(RegistryError) -> Answer {
    var current = request
    // What we may show is for the registry's own server only.
    let isOwn = current.address.isSameOrigin(as: contact.base) && !scope.isAnonymous
    let known = isOwn ? access.token(tokenKey(scope)) : nil
    if let known { current.headers.append(("Authorization", known)) }
    var hasAuthorized = false
    var redirects = 0
    while true {
      try checkInterruption()
      let sent = current
      let response = try asked { () throws(HTTPError) in
        try session.perform(sent, receiver: receiver, sending: sending)
      }
      if response.status == 401, !hasAuthorized, redirects == 0, isOwn {
        hasAuthorized = true
        access.forget(tokenKey(scope))
        current.headers.removeAll { $0.name == "Authorization" }
        let header = try authorization(for: response, scope)
        current.headers.append(("Authorization", header))
      } else if isRedirect(response, request), let location = response.headers["Location"] {
        redirects += 1
        guard redirects <= RegistryClient.redirectLimit else {
          throw .protocolBroken(subject: contact.base.authority, problem: "too many redirects")
        }
        current = try redirected(current, to: location)
      } else {
        return Answer(response: response, request: current)
      }
    }
  }

  private func isRedirect(_ response: HTTPResponse, _ request: HTTPRequest) -> Bool {
    [301, 302, 303, 307, 308].contains(response.status)
      && (request.method == .get || request.method == .head)
  }

  /// The request that a link leads to: less is allowed to it, and other servers learn nothing.
  func redirected(
    _ request: HTTPRequest,
    to location: String,
  ) throws(RegistryError) -> HTTPRequest {
    let target = try asked { () throws(HTTPError) in try request.address.resolving(location) }
    guard target.isSecure || !request.address.isSecure else {
      throw .protocolBroken(
        subject: request.address.authority,
        problem: "refused: a redirect from https to http",
      )
    }
    var next = HTTPRequest(request.method, target)
    next.headers = request.headers
    next.limit = request.limit
    next.patience = request.patience
    next.reach = reach(to: target)
    if !target.isSameOrigin(as: request.address) {
      next.headers.removeAll { $0.name == "Authorization" }
    }
    return next
  }

  /// Where a link from the registry may lead.
  func reach(to target: WebAddress) -> NetworkReach {
    target.isSameOrigin(as: contact.base)
      ? .anywhere : .linked(from: contact.network ?? .open)
  }

  /// Where a link in an image's manifest may lead: even the registry's own server is no exception.
  func reach(toLink target: WebAddress) -> NetworkReach {
    .linked(from: contact.network ?? .open)
  }

  /// Sends a request that may be sent again, until it is answered by more than a passing failure.
  func sendUntilAnswered(
    _ request: HTTPRequest,
    _ scope: Scope,
  ) throws(RegistryError) -> HTTPResponse {
    var backoff = Backoff()
    while true {
      do throws(RegistryError) {
        let response = try send(request, scope).response
        guard isTemporaryStatus(response.status),
          try backoff.pause(retryAfter: response.headers["Retry-After"])
        else { return response }
      } catch  where error.isTemporary {
        guard try backoff.pause(retryAfter: nil) else { throw error }
      }
    }
  }

  /// Why an answer is no success.
  func failure(_ response: HTTPResponse, _ subject: String) -> RegistryError {
    let message = errorMessage(response.body)
    switch response.status {
    case 401, 403:
      return .unauthorized(
        registry: place.registry,
        hasCredentials: hasCredentials,
        message: message,
      )
    case 404: return .notFound(subject: subject)
    default:
      return .status(
        subject: subject,
        code: response.status,
        message: message,
        retryAfter: response.headers["Retry-After"],
      )
    }
  }

  private var hasCredentials: Bool {
    do throws(RegistryError) {
      return try access.credentials(place) != nil
    } catch {
      // This only words a message; the lookup that counts has reported its failure.
      return false
    }
  }
}

extension RegistryClient.Scope {
  fileprivate var isAnonymous: Bool { if case .anonymous = self { true } else { false } }
}

/// What a registry says of an error. Spec: distribution-spec, "Error codes"
private func errorMessage(_ body: [UInt8]) -> String {
  do throws(DocumentError) {
    let errors = try DocumentFields(parsing: body).arrayOfFields("errors") ?? []
    var messages: [String] = []
    for error in errors.prefix(3) {
      let code = try error.string("code") ?? ""
      let message = try error.string("message") ?? ""
      messages.append([code, message].filter { !$0.isEmpty }.joined(separator: ": "))
    }
    return String(messages.joined(separator: ", ").prefix(300))
  } catch {
    // Many a server says it in plain text, or in a page that says nothing to us.
    let text = String(decoding: body.prefix(200), as: UTF8.self)
    return text.contains("<") ? "" : text.split(whereSeparator: \.isNewline).joined(separator: " ")
  }
}

extension RegistryClient {
  /// Finds out how a server is reached: https, or http where that is allowed.
  fileprivate static func contact(
    _ place: RegistryPlace,
    _ access: RegistryAccess,
    _ session: HTTPSession,
  ) throws(RegistryError) -> RegistryAccess.Contact {
    if let known = access.contact(place) { return known }
    let found: RegistryAccess.Contact
    do throws(RegistryError) {
      found = try ping("https", place, session, isPatient: !place.isInsecure)
    } catch .http(let error) where place.isInsecure && error != .stopped {
      found = try ping("http", place, session, isPatient: true)
    }
    access.keep(found, for: place)
    return found
  }

  private static func ping(
    _ scheme: String,
    _ place: RegistryPlace,
    _ session: HTTPSession,
    isPatient: Bool,
  ) throws(RegistryError) -> RegistryAccess.Contact {
    let base = try asked { () throws(HTTPError) in
      try WebAddress(parsing: "\(scheme)://\(place.host)/")
    }
    let address = try asked { () throws(HTTPError) in try base.resolving("/v2/") }
    var request = HTTPRequest(.get, address)
    request.limit = 64 << 10
    // A name that is mistyped should not take long to say so.
    var backoff = Backoff(attempts: 3)
    while true {
      do throws(RegistryError) {
        let sent = request
        let response = try asked { () throws(HTTPError) in try session.perform(sent) }
        if response.status == 200 || response.status == 401 {
          return RegistryAccess.Contact(base: base, network: response.network)
        }
        guard isTemporaryStatus(response.status),
          try backoff.pause(retryAfter: response.headers["Retry-After"])
        else {
          throw .protocolBroken(
            subject: base.authority,
            problem: "no registry answers there: status \(response.status)",
          )
        }
      } catch  where error.isTemporary && isPatient {
        guard try backoff.pause(retryAfter: nil) else { throw error }
      }
    }
  }
}
