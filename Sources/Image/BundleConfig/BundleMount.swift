import ImageSpec

/// A mount that the user adds to the container.
package struct BundleMount: Equatable, Sendable {
  package let type: String
  package let source: String
  package let destination: String
  package let options: [String]

  /// Reads either `SOURCE:DESTINATION[:ro|rw]` or
  /// `type=bind|tmpfs,source=…,target=…[,readonly][,OPTION…]`.
  ///
  /// A bind's source is taken as it stands: the caller makes it absolute and checks that it exists.
  /// - Throws: when the text is neither.
  package init(parsing text: String) throws(BundleConfigError) {
    guard !text.utf8.contains(0) else { throw .mount(text: text, problem: "a NUL in it") }
    let isLong = text.prefix { $0 != ":" && $0 != "," }.contains("=")
    self = isLong ? try BundleMount(long: text) : try BundleMount(short: text)
  }

  private init(
    type: String,
    source: String,
    destination: String,
    options: [String],
    text: String,
  ) throws(BundleConfigError) {
    guard destination.hasPrefix("/") else {
      throw .mount(text: text, problem: "the target must be an absolute path")
    }
    guard !destination.pathSteps.isEmpty else {
      throw .mount(text: text, problem: "the target must not be the root")
    }
    self.type = type
    self.source = source
    self.destination = destination
    self.options = options
  }

  private init(short text: String) throws(BundleConfigError) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2 || parts.count == 3, !parts[0].isEmpty else {
      throw .mount(
        text: text,
        problem: "SOURCE:TARGET[:ro] or type=…,source=…,target=… is expected"
      )
    }
    let mode = parts.count == 3 ? parts[2] : "rw"
    guard mode == "ro" || mode == "rw" else {
      throw .mount(text: text, problem: "\"\(mode)\" is neither ro nor rw")
    }
    try self.init(
      type: "bind",
      source: parts[0],
      destination: parts[1],
      options: BundleMount.bindOptions + [mode],
      text: text,
    )
  }

  private static let bindOptions = ["rbind", "rprivate"]

  private init(long text: String) throws(BundleConfigError) {
    var type = "bind"
    var source: String?
    var target: String?
    var options: [String] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let (key, value) = keyAndValue(part)
      switch (key, value) {
      case ("type", .some(let value)): type = value
      case ("source", .some(let value)), ("src", .some(let value)): source = value
      case ("target", .some(let value)), ("destination", .some(let value)),
        ("dst", .some(let value)):
        target = value
      case ("readonly", nil), ("ro", nil), ("readonly", "true"), ("ro", "true"):
        options.append("ro")
      case ("readonly", "false"), ("ro", "false"), ("rw", nil): options.append("rw")
      case ("tmpfs-size", .some(let value)):
        guard let bytes = byteCount(parsing: value) else {
          throw .mount(text: text, problem: "\"\(value)\" is no size")
        }
        options.append("size=\(bytes)")
      case ("tmpfs-mode", .some(let value)): options.append("mode=\(value)")
      case ("bind-propagation", .some(let value)) where propagations.contains(value):
        options.append(value)
      case (let key, nil) where flags.contains(key): options.append(key)
      default: throw .mount(text: text, problem: "\"\(part)\" is not understood")
      }
    }
    guard let target else { throw .mount(text: text, problem: "target=PATH is missing") }
    switch type {
    case "bind":
      guard let source, !source.isEmpty else {
        throw .mount(text: text, problem: "source=PATH is missing")
      }
      let hasPropagation = options.contains { propagations.contains($0) }
      options = (hasPropagation ? ["rbind"] : BundleMount.bindOptions) + options
    case "tmpfs":
      guard source == nil else { throw .mount(text: text, problem: "a tmpfs has no source") }
      options = ["nosuid", "nodev"] + options
    default: throw .mount(text: text, problem: "type \"\(type)\" is neither bind nor tmpfs")
    }
    try self.init(
      type: type,
      source: source ?? type,
      destination: target,
      options: options,
      text: text,
    )
  }

  /// The same mount from another source.
  package func withSource(_ source: String) -> BundleMount {
    BundleMount(
      type: type,
      source: source,
      destination: destination,
      options: options,
    )
  }

  init(type: String, source: String, destination: String, options: [String]) {
    self.type = type
    self.source = source
    self.destination = destination
    self.options = options
  }

  /// A volume: a directory of the bundle, bound read-write over its place in the rootfs.
  package static func volume(source: String, destination: String) -> BundleMount {
    BundleMount(
      type: "bind",
      source: source,
      destination: destination,
      options: bindOptions + ["rw"],
    )
  }

  var document: JSONValue {
    [
      "destination": .string(destination), "type": .string(type), "source": .string(source),
      "options": .strings(options),
    ]
  }
}

private let propagations: Set<String> = [
  "private", "rprivate", "slave", "rslave", "shared", "rshared",
]

private let flags: Set<String> = [
  "nosuid", "suid", "nodev", "dev", "noexec", "exec", "noatime", "relatime",
]

private func keyAndValue(_ part: Substring) -> (String, String?) {
  guard let equals = part.firstIndex(of: "=") else { return (String(part), nil) }
  return (String(part[..<equals]), String(part[part.index(after: equals)...]))
}
