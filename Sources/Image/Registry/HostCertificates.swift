import HTTP
import HostProcess

/// The certificates of certs.d that belong to one registry.
///
/// Files that end in `.crt` are trusted besides the system's; `.cert` and `.key` of one name are the
/// client's.
/// See: containers-certs.d(5).
struct HostCertificates {
  private(set) var trusted: [UInt8] = []
  private(set) var clientCertificate: String?
  private(set) var clientKey: String?

  private static let limit = 4 << 20

  /// Reads the first directory that there is for the registry.
  /// - Throws: when a client's certificate has no key, or the other way around.
  init(registry: String, chosenDirectory: String?) throws(RegistryError) {
    var folders = ["/etc/containers/certs.d", "/etc/docker/certs.d"]
    if let home = Surroundings.variable("HOME") {
      folders.insert(home + "/.config/containers/certs.d", at: 0)
    }
    let candidates = chosenDirectory.map { [$0] } ?? folders.map { "\($0)/\(registry)" }
    for folder in candidates {
      let names = try fileNames(folder)
      guard !names.isEmpty else { continue }
      try read(folder, names)
      return
    }
  }

  private mutating func read(_ folder: String, _ names: [String]) throws(RegistryError) {
    for name in names {
      let path = "\(folder)/\(name)"
      if name.hasSuffix(".crt") {
        trusted += try contents(path, limit: HostCertificates.limit) ?? []
        trusted.append(UInt8(ascii: "\n"))
      } else if name.hasSuffix(".cert") {
        let key = String(name.dropLast(5)) + ".key"
        guard names.contains(key) else {
          throw .configuration(path: path, problem: "its key \(key) is missing")
        }
        clientCertificate = path
        clientKey = "\(folder)/\(key)"
      } else if name.hasSuffix(".key") {
        let certificate = String(name.dropLast(4)) + ".cert"
        guard names.contains(certificate) else {
          throw .configuration(path: path, problem: "its certificate \(certificate) is missing")
        }
      }
    }
  }

  /// The settings of connections to the registry.
  func settings(_ registry: RegistrySettings, isInsecure: Bool) -> HTTPSettings {
    var settings = HTTPSettings()
    settings.verifiesCertificates = !isInsecure
    settings.extraCertificates = trusted
    settings.clientCertificate = clientCertificate
    settings.clientKey = clientKey
    settings.stallSeconds = registry.stallSeconds
    settings.userAgent = registry.userAgent
    return settings
  }
}
