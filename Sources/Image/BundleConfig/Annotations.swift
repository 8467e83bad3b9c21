import ImageSpec

/// The annotations that the image's configuration becomes; its labels win over the derived ones.
///
/// Spec: image-spec conversion.md, "Annotation Fields".
func annotations(_ image: ImageConfiguration) -> JSONValue {
  let prefix = "org.opencontainers.image."
  let derived: [(String, String?)] = [
    ("os", image.platform.os),
    ("architecture", image.platform.architecture),
    ("variant", image.platform.variant),
    ("os.version", image.osVersion),
    ("author", image.author),
    ("created", image.created),
    ("stopSignal", image.execution.stopSignal),
    ("exposedPorts", list(image.execution.exposedPorts)),
  ]
  // Each key is once in the labels; a set, as there may be hundreds of thousands of them.
  let labels = image.execution.labels.filter { !$0.key.isEmpty && !isCommand($0.key) }
  let given = Set(labels.map(\.key))
  var members: [JSONObject.Member] = []
  for (key, value) in derived where !given.contains(prefix + key) {
    if let value { members.append(.init(key: prefix + key, value: .string(value))) }
  }
  members += labels.map { .init(key: $0.key, value: .string($0.value)) }
  return .object(JSONObject(members))
}

/// Whether runtimes obey an annotation of this name: with one, crun loads another system call
/// filter or keeps the host's groups, and runc passes properties to systemd.
///
/// That is for whoever runs the container to say, and not for an image.
private func isCommand(_ key: String) -> Bool {
  ["run.oci.", "org.systemd.property.", "org.criu.", "io.katacontainers."]
    .contains { key.hasPrefix($0) }
}

private func list(_ ports: [String]) -> String? {
  ports.isEmpty ? nil : ports.sorted().joined(separator: ",")
}
