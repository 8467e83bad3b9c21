import HTTP
import ImageSpec

extension RegistryClient {
  private static let pageLimit = 1000
  private static let listLimit = 1_000_000

  /// The tags of the repository in the registry's order.
  ///
  /// Spec: distribution-spec, "Listing tags".
  package func tags() throws(RegistryError) -> [String] {
    try list("tags", at: try repositoryAddress("tags/list?n=1000"), .pull, place.name)
      .filter(Reference.isTag)
  }

  /// The repositories of the registry, where it tells. See: Docker's "Listing Repositories"
  package func catalog() throws(RegistryError) -> [String] {
    try list("repositories", at: try address("_catalog?n=1000"), .asChallenged, place.registry)
      .filter(isRepository)
  }

  /// Checks that the registry takes what credentials there are.
  package func checkAccess() throws(RegistryError) {
    let response = try sendUntilAnswered(HTTPRequest(.get, try address("")), .asChallenged)
    guard response.isSuccess else { throw failure(response, place.registry) }
  }

  private func list(
    _ key: String,
    at first: WebAddress,
    _ scope: Scope,
    _ subject: String,
  ) throws(RegistryError) -> [String] {
    var found: [String] = []
    var next: WebAddress? = first
    for _ in 0..<RegistryClient.pageLimit {
      guard let address = next else { return found }
      let response = try sendUntilAnswered(HTTPRequest(.get, address), scope)
      guard response.isSuccess else { throw failure(response, subject) }
      do throws(DocumentError) {
        found += try DocumentFields(parsing: response.body).strings(key) ?? []
      } catch {
        throw .protocolBroken(subject: subject, problem: "\(key): \(error)")
      }
      guard found.count <= RegistryClient.listLimit else { break }
      next = try nextPage(response, after: address, subject)
    }
    throw .protocolBroken(subject: subject, problem: "the list of \(key) does not end")
  }

  /// Where the rest of a list is. Spec: RFC 8288
  func nextPage(
    _ response: HTTPResponse,
    after address: WebAddress,
    _ subject: String,
  ) throws(RegistryError) -> WebAddress? {
    guard let link = response.headers["Link"],
      ["rel=\"next\"", "rel=next"].contains(where: link.lowercased().contains),
      let start = link.firstIndex(of: "<"), let end = link[start...].firstIndex(of: ">")
    else { return nil }
    let target = String(link[link.index(after: start)..<end])
    let next = try asked { () throws(HTTPError) in try address.resolving(target) }
    guard next.isSameOrigin(as: address) else {
      throw .protocolBroken(
        subject: subject,
        problem: "refused: its list goes on at another server, \(next.authority)",
      )
    }
    return next == address ? nil : next
  }
}

/// Whether a text is the path of a repository by the grammar, and nothing that a terminal obeys.
private func isRepository(_ path: String) -> Bool {
  do throws(ReferenceError) {
    return try Reference(parsing: "registry.invalid/\(path)").path == path
  } catch {
    return false
  }
}
