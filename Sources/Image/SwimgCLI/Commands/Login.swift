import ArgumentParser
import HostProcess
import Registry

/// The verb `swimg login`.
struct LoginCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "login",
    abstract: "Keep credentials for a registry, once it has taken them.",
  )

  @OptionGroup var registries: RegistryOptions

  @Option(name: .shortAndLong, help: ArgumentHelp("Who to log in as.", valueName: "user"))
  var username: String?

  @Flag(help: "Take the password from standard input even where that is a terminal.")
  var passwordStdin = false

  @Argument(help: ArgumentHelp("host[:port]. Default: docker.io.", valueName: "registry"))
  var registry = RegistryName(docker: ())

  func validate() throws {
    guard registry.rest.isEmpty else {
      throw ValidationError("a registry is expected, without a repository")
    }
  }

  func run() throws {
    let subject = "login \(registry.registry)"
    let access = try registries.access(subject)
    let user = try wrapping(subject, try self.user())
    let isTerminal = Surroundings.isTerminal(0) && !passwordStdin
    if isTerminal { Presentation.draw("Password: ") }
    let password = SecretInput.line(isEchoed: false)
    if isTerminal { Presentation.draw("\n") }
    try wrapping(subject, try Interruption.check())
    guard let password, !password.isEmpty else {
      throw CommandFailure(subject, "no password on standard input")
    }
    let trimmed = password.hasSuffix("\r") ? String(password.dropLast()) : password
    let credentials = Credentials.password(user: user, password: trimmed)
    try wrapping(subject, try check(credentials, access))
    try wrapping(
      subject,
      try access.credentialSource.store(credentials, registry: registry.registry),
    )
    Presentation.write("logged in to \(registry.registry) as \(user)\n")
  }

  private func user() throws(CommandFailure) -> String {
    if let username {
      guard !username.isEmpty, !username.contains(":") else {
        throw CommandFailure("--username", "empty, or a colon is in it")
      }
      return username
    }
    guard Surroundings.isTerminal(0) else {
      throw CommandFailure("--username", "is needed where standard input is no terminal")
    }
    Presentation.draw("Username: ")
    let line = SecretInput.line(isEchoed: true)
    try wrapping("login \(registry.registry)", try Interruption.check())
    guard let line, !line.isEmpty, !line.contains(":") else {
      throw CommandFailure("username", "empty, or a colon is in it")
    }
    return line
  }

  private func check(
    _ credentials: Credentials,
    _ access: RegistryAccess,
  ) throws(RegistryError) {
    let place = try access.place(ofRegistry: registry.registry)
    access.use(credentials, for: place)
    try RegistryClient(place, access).checkAccess()
  }
}

extension RegistryName {
  /// What is meant where no registry is named.
  init(docker: Void) {
    registry = "docker.io"
    rest = ""
  }

  private init(registry: String) {
    self.registry = registry
    rest = ""
  }
}

extension Interrupted: Interruptible {
  var cause: Interrupted? { self }
}

/// The verb `swimg logout`.
struct LogoutCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "logout",
    abstract: "Forget the credentials of a registry.",
  )

  @Option(help: ArgumentHelp("The file of credentials.", valueName: "file"))
  var authfile: String?

  @Flag(name: .shortAndLong, help: "Forget those of all registries.")
  var all = false

  @Argument(help: ArgumentHelp("host[:port]. Default: docker.io.", valueName: "registry"))
  var registry: RegistryName?

  func validate() throws {
    guard registry == nil || !all else {
      throw ValidationError("--all goes with no registry")
    }
    guard registry?.rest.isEmpty ?? true else {
      throw ValidationError("a registry is expected, without a repository")
    }
  }

  func run() throws {
    let name = all ? nil : registry?.registry ?? "docker.io"
    let subject = "logout \(name ?? "--all")"
    let source = CredentialSource(chosen: authfile)
    let erased = try wrapping(subject, try source.erase(registry: name))
    if let name, erased.isEmpty { throw CommandFailure(subject, "not logged in to \(name)") }
    for registry in erased { Presentation.write("logged out of \(registry)\n") }
  }
}
