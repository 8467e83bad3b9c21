import ArgumentParser
import HostProcess
import ImageSpec
import Registry

/// How registries are reached.
struct RegistryOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Whether https and valid certificates are needed: true or false.",
      valueName: "bool",
    )
  )
  var tlsVerify: Bool?

  @Option(help: ArgumentHelp("The file of credentials.", valueName: "file"))
  var authfile: String?

  @Option(
    help: ArgumentHelp("Certificates to trust (.crt) and to show (.cert, .key).", valueName: "dir")
  )
  var certDir: String?

  @Option(
    help: ArgumentHelp("Give up a transfer that stands still for so long.", valueName: "seconds")
  )
  var stallTimeout = 30

  func validate() throws {
    guard (1...86_400).contains(stallTimeout) else {
      throw ValidationError("--stall-timeout \(stallTimeout): a number of seconds is expected")
    }
  }

  /// - Throws: with the subject, when the configuration of registries can't be read.
  func access(_ subject: String) throws(CommandFailure) -> RegistryAccess {
    var settings = RegistrySettings()
    settings.verifiesTLS = tlsVerify
    settings.authFile = authfile
    settings.certificateDirectory = certDir
    settings.stallSeconds = stallTimeout
    settings.userAgent = "swimg/\(Swimg.number)"
    return try wrapping(subject, try RegistryAccess(settings))
  }
}

extension RegistryError: Interruptible {
  var cause: Interrupted? {
    guard case .interrupted(let interrupted) = self else { return nil }
    return interrupted
  }
}

/// A registry by itself, `host[:port]`, or with the repository below it.
struct RegistryName: ExpressibleByArgument {
  let registry: String
  /// What follows the registry, without the slash.
  let rest: String

  init?(argument: String) {
    let text = argument.hasPrefix("docker://") ? String(argument.dropFirst(9)) : argument
    let slash = text.firstIndex(of: "/") ?? text.endIndex
    rest = String(text[slash...].dropFirst())
    let domain = text[..<slash] == "index.docker.io" ? "docker.io" : String(text[..<slash])
    // The grammar of names decides what a registry is.
    do throws(ReferenceError) {
      let reference = try Reference(parsing: "\(domain)/x")
      guard reference.domain == domain, reference.path == "x" || domain == "docker.io" else {
        return nil
      }
    } catch {
      return nil
    }
    registry = domain
  }
}
