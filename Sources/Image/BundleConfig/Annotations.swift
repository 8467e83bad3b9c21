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
  var annotations: JSONObject = [:]
  for (key, value) in derived {
    if let value { annotations[prefix + key] = .string(value) }
  }
  for label in image.execution.labels where !label.key.isEmpty {
    annotations[label.key] = .string(label.value)
  }
  return .object(annotations)
}

private func list(_ ports: [String]) -> String? {
  ports.isEmpty ? nil : ports.sorted().joined(separator: ",")
}
