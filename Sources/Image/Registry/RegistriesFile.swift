import HostProcess
import RootedFiles

/// What registries.conf says of one registry, or of a part of its names.
///
/// See: containers-registries.conf(5).
struct RegistryRule: Equatable {
  /// A place to fetch from, in the form of a name's beginning: `host[:port][/path]`.
  struct Place: Equatable {
    let location: String
    let isInsecure: Bool
    /// Which references a mirror serves.
    var serves = Served.all
  }

  enum Served: String {
    case all
    case digestOnly = "digest-only"
    case tagOnly = "tag-only"
  }

  /// The beginning of the names that the rule is for; `*.` at its start stands for any subdomain.
  let prefix: String
  let place: Place
  let isBlocked: Bool
  let mirrors: [Place]

  /// The part of a name after the prefix; nil when the rule is for others.
  func rest(of name: String) -> Substring? {
    if prefix.hasPrefix("*.") {
      let host = name.prefix { $0 != "/" }
      let bare = host.prefix { $0 != ":" }
      guard bare.hasSuffix(prefix.dropFirst()) else { return nil }
      return name[host.endIndex...]
    }
    guard name.hasPrefix(prefix) else { return nil }
    let rest = name.dropFirst(prefix.count)
    return rest.isEmpty || rest.hasPrefix("/") || (!prefix.contains("/") && rest.hasPrefix(":"))
      ? rest : nil
  }
}

/// All rules of registries.conf and registries.conf.d.
struct RegistriesFile: Equatable {
  private(set) var rules: [RegistryRule] = []

  /// The rule with the longest prefix that fits a name, `host/path`.
  func rule(for name: String) -> RegistryRule? {
    rules.filter { $0.rest(of: name) != nil }.max { $0.prefix.count < $1.prefix.count }
  }

  /// Reads the files that the environment points at; none at all is fine.
  /// - Throws: when one of them breaks a rule.
  static func load() throws(RegistryError) -> RegistriesFile {
    var file = RegistriesFile()
    let home = Surroundings.variable("HOME").map { $0 + "/.config/containers" }
    let chosen = Surroundings.variable("CONTAINERS_REGISTRIES_CONF").flatMap {
      $0.isEmpty ? nil : $0
    }
    let candidates = [chosen].compactMap { $0 }
    let defaults = [home, "/etc/containers"].compactMap { $0 }.map { $0 + "/registries.conf" }
    for path in candidates.isEmpty ? defaults : candidates {
      guard let text = try contents(path, limit: 1 << 20) else { continue }
      try file.add(text, path)
      break
    }
    // What the user chose stands alone.
    guard chosen == nil else { return file }
    for folder in ["/etc/containers", home].compactMap({ $0 }) {
      for name in try fileNames(folder + "/registries.conf.d") where name.hasSuffix(".conf") {
        let path = "\(folder)/registries.conf.d/\(name)"
        if let text = try contents(path, limit: 1 << 20) { try file.add(text, path) }
      }
    }
    return file
  }

  /// Adds the rules of a file; they take the place of earlier ones with the same prefix.
  mutating func add(_ bytes: [UInt8], _ path: String) throws(RegistryError) {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .configuration(path: path, problem: "not UTF-8")
    }
    let root: [String: TOMLValue]
    do throws(TOMLError) {
      root = try TOMLValue.document(parsing: text)
    } catch {
      throw .configuration(path: path, problem: "\(error)")
    }
    if root["registries"] != nil {
      throw .configuration(path: path, problem: "its form is version 1, which is read no more")
    }
    for table in try TOMLFields(root, path).tables("registry") {
      let rule = try rule(table)
      rules.removeAll { $0.prefix == rule.prefix }
      rules.append(rule)
    }
  }

  private func rule(_ table: TOMLFields) throws(RegistryError) -> RegistryRule {
    let location = try table.string("location")
    let prefix = try table.string("prefix")
    guard let name = prefix ?? location, !name.isEmpty else {
      throw table.error("a registry has neither prefix nor location")
    }
    if name.hasPrefix("*."), location == nil, prefix == nil {
      throw table.error("\(name): a location has no wildcard")
    }
    let isDigestOnly = try table.bool("mirror-by-digest-only")
    var mirrors: [RegistryRule.Place] = []
    for mirror in try table.tables("mirror") {
      guard let location = try mirror.string("location") else {
        throw mirror.error("\(name): a mirror has no location")
      }
      let served = try mirror.string("pull-from-mirror") ?? (isDigestOnly ? "digest-only" : "all")
      guard let serves = RegistryRule.Served(rawValue: served) else {
        throw mirror.error("pull-from-mirror: \"\(served)\" is not known")
      }
      mirrors.append(
        RegistryRule.Place(
          location: location,
          isInsecure: try mirror.bool("insecure"),
          serves: serves,
        )
      )
    }
    return RegistryRule(
      prefix: name,
      place: RegistryRule.Place(
        location: location ?? (name.hasPrefix("*.") ? "" : name),
        isInsecure: try table.bool("insecure"),
      ),
      isBlocked: try table.bool("blocked"),
      mirrors: mirrors,
    )
  }
}

/// The members of a table, each of the kind that is wanted.
private struct TOMLFields {
  private let table: [String: TOMLValue]
  private let path: String

  init(_ table: [String: TOMLValue], _ path: String) {
    self.table = table
    self.path = path
  }

  func error(_ problem: String) -> RegistryError { .configuration(path: path, problem: problem) }

  private func mismatch(_ key: String, _ value: TOMLValue, _ wanted: String) -> RegistryError {
    error("\(key): \(wanted) is expected, not \(value.kind)")
  }

  func string(_ key: String) throws(RegistryError) -> String? {
    guard let value = table[key] else { return nil }
    guard case .string(let string) = value else { throw mismatch(key, value, "a string") }
    return string
  }

  func bool(_ key: String) throws(RegistryError) -> Bool {
    guard let value = table[key] else { return false }
    guard case .bool(let bool) = value else { throw mismatch(key, value, "a boolean") }
    return bool
  }

  func tables(_ key: String) throws(RegistryError) -> [TOMLFields] {
    guard let value = table[key] else { return [] }
    guard case .array(let elements) = value else { throw mismatch(key, value, "[[\(key)]]") }
    var tables: [TOMLFields] = []
    for element in elements {
      guard case .table(let members) = element else { throw mismatch(key, element, "a table") }
      tables.append(TOMLFields(members, path))
    }
    return tables
  }
}
