import HostProcess
import ImageSpec

/// A program that keeps credentials, `docker-credential-NAME`.
///
/// Its protocol is Docker's: a word on the command line, a registry or a document on standard input,
/// a document on standard output.
struct CredentialHelper {
  private let program: String

  /// - Throws: when the name could be a path or an option.
  init(_ name: String, _ path: String) throws(RegistryError) {
    let isPlain = name.utf8.allSatisfy { byte in
      Character(Unicode.Scalar(byte)).isLetter || Character(Unicode.Scalar(byte)).isNumber
        || "._-".utf8.contains(byte)
    }
    guard !name.isEmpty, isPlain else {
      throw .configuration(path: path, problem: "\"\(name)\" is no name of a credential helper")
    }
    program = "docker-credential-\(name)"
  }

  private func server(_ registry: String) -> String {
    registry == "docker.io" ? "https://index.docker.io/v1/" : registry
  }

  private func ask(_ verb: String, _ input: String) throws(RegistryError) -> ChildProcess.Answer {
    do throws(ChildProcessError) {
      return try ChildProcess.run(program, [verb], input: Array(input.utf8))
    } catch {
      throw .credentials(problem: "\(error)")
    }
  }

  /// - Returns: nil when the helper has none.
  func credentials(of registry: String) throws(RegistryError) -> Credentials? {
    let answer = try ask("get", server(registry))
    let text = String(decoding: answer.output, as: UTF8.self)
    guard answer.status == 0 else {
      // The only way in which the protocol says so.
      guard text.contains("credentials not found") else {
        throw .credentials(problem: "\(program): \(text.prefix(200))")
      }
      return nil
    }
    do throws(DocumentError) {
      let fields = try DocumentFields(parsing: answer.output)
      let user = try fields.requiredString("Username")
      let secret = try fields.requiredString("Secret")
      return user == "<token>" ? .identityToken(secret) : .password(user: user, password: secret)
    } catch {
      throw .credentials(problem: "\(program): \(error)")
    }
  }

  func store(_ credentials: Credentials, registry: String) throws(RegistryError) {
    let (user, secret) =
      switch credentials {
      case .password(let user, let password): (user, password)
      case .identityToken(let token): ("<token>", token)
      }
    let document: JSONValue = [
      "ServerURL": .string(server(registry)), "Username": .string(user),
      "Secret": .string(secret),
    ]
    let answer = try ask("store", document.compactText)
    guard answer.status == 0 else {
      let text = String(decoding: answer.output.prefix(200), as: UTF8.self)
      throw .credentials(problem: "\(program): \(text)")
    }
  }

  /// - Returns: whether there was something to erase.
  func erase(registry: String) throws(RegistryError) -> Bool {
    guard try credentials(of: registry) != nil else { return false }
    return try ask("erase", server(registry)).status == 0
  }
}
