package import HTTP
package import HostProcess
package import ImageSpec
package import RootedFiles

/// What keeps a registry from doing what it is asked for.
package enum RegistryError: Error, Sendable {
  case http(HTTPError)
  /// An answer that is no success; the registry's own words, if it has any.
  case status(subject: String, code: Int, message: String, retryAfter: String?)
  /// Neither the credentials at hand nor the lack of them is accepted.
  case unauthorized(registry: String, hasCredentials: Bool, message: String)
  case notFound(subject: String)
  /// An answer that breaks a rule of the protocol.
  case protocolBroken(subject: String, problem: String)
  case wrongDigest(expected: Digest, found: Digest)
  case wrongSize(Digest, expected: Int64, found: Int64)
  /// A configuration file breaks a rule.
  case configuration(path: String, problem: String)
  case file(path: String, FileError)
  case credentials(problem: String)
  /// registries.conf forbids the registry.
  case blocked(registry: String)
  /// Every mirror and the registry itself failed; one line each.
  case allFailed([String])
  case interrupted(Interrupted)
}

extension RegistryError: CustomStringConvertible {
  /// One line: the subject, then the cause.
  package var description: String {
    switch self {
    case .http(let error): "\(error)"
    case .status(let subject, let code, let message, _):
      "\(subject): status \(code)" + (message.isEmpty ? "" : ": \(message)")
    case .unauthorized(let registry, let hasCredentials, let message):
      "\(registry): not authorized" + (message.isEmpty ? "" : ": \(message)")
        + (hasCredentials ? " (the stored credentials were sent)" : ": see swimg-login(1)")
    case .notFound(let subject): "\(subject): is not there"
    case .protocolBroken(let subject, let problem): "\(subject): \(problem)"
    case .wrongDigest(let expected, let found):
      "blob \(expected): wrong digest: what came is \(found)"
    case .wrongSize(let digest, let expected, let found):
      "blob \(digest): wrong size: \(found) bytes came instead of \(expected)"
    case .configuration(let path, let problem): "\(path): \(problem)"
    case .file(let path, let error): "\(path): \(error)"
    case .credentials(let problem): problem
    case .blocked(let registry): "\(registry): blocked by registries.conf"
    case .allFailed(let problems): problems.joined(separator: "; ")
    case .interrupted(let error): "\(error)"
    }
  }

  /// The status of an answer that is no success.
  package var statusCode: Int? {
    guard case .status(_, let code, _, _) = self else { return nil }
    return code
  }

  /// What the server said about when to come back.
  var retryAfter: String? {
    guard case .status(_, _, _, let retryAfter) = self else { return nil }
    return retryAfter
  }

  /// Whether a later attempt may well succeed.
  package var isTemporary: Bool {
    switch self {
    case .http(let error): error.isTemporary
    case .status(_, let code, _, _): isTemporaryStatus(code)
    case .unauthorized, .notFound, .protocolBroken, .wrongDigest, .wrongSize, .configuration, .file,
      .credentials, .blocked, .allFailed, .interrupted:
      false
    }
  }
}

/// Whether a status says that the same request may be answered otherwise later.
func isTemporaryStatus(_ code: Int) -> Bool {
  code == 408 || code == 429 || code == 500 || code == 502 || code == 503 || code == 504
}

/// Runs an operation of a lower floor as part of a conversation with a registry.
func asked<Result: ~Copyable>(
  _ body: () throws(HTTPError) -> Result
) throws(RegistryError) -> Result {
  do throws(HTTPError) {
    return try body()
  } catch .stopped {
    try checkInterruption()
    throw .http(.stopped)
  } catch {
    throw .http(error)
  }
}

func checkInterruption() throws(RegistryError) {
  do throws(Interrupted) {
    try Interruption.check()
  } catch {
    throw .interrupted(error)
  }
}
