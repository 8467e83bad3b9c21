import ImageSpec

extension DocumentCheck {
  /// A whole document as an object.
  mutating func document(_ bytes: [UInt8], _ clause: Clause) -> Fields? {
    do throws(JSONSyntaxError) {
      let value = try JSONValue(parsing: bytes)
      if case .object(let object) = value { return Fields(object, "") }
      note("", "a JSON object is expected, not \(value.kind)", clause)
    } catch {
      note("", "not valid JSON: \(error)", clause)
    }
    return nil
  }

  /// The descriptors of an index.
  mutating func index(_ bytes: [UInt8], stated: String?, _ clause: Clause) -> [Descriptor] {
    guard let fields = document(bytes, clause) else { return [] }
    version(fields, .index)
    mediaType(fields, stated: stated, .index, isRight: MediaType.isIndex)
    type(fields, "artifactType", isRequired: false, .index)
    for key in ["config", "layers", "fsLayers"] where fields.object[key] != nil {
      note(key, "an image index has no such field", .index)
    }
    subject(fields, .index)
    annotations(fields)
    var found: [Descriptor] = []
    for (path, value) in array(fields, "manifests", isRequired: true, .index) {
      guard let descriptor = descriptor(value, path, .index) else { continue }
      found.append(descriptor)
      guard case .object(let object) = value,
        let platform = self.object(Fields(object, path), "platform", isRequired: false, .index)
      else { continue }
      for key in ["os", "architecture"] { _ = string(platform, key, isRequired: true, .index) }
      for key in ["os.version", "variant"] { _ = string(platform, key, isRequired: false, .index) }
      _ = strings(platform, "os.features", .index)
    }
    return found
  }

  /// The configuration and the layers of a manifest.
  mutating func manifest(_ bytes: [UInt8], stated: String?) -> (Descriptor?, [Descriptor]) {
    guard let fields = document(bytes, .manifest) else { return (nil, []) }
    version(fields, .manifest)
    mediaType(fields, stated: stated, .manifest, isRight: MediaType.isManifest)
    for key in ["manifests", "fsLayers"] where fields.object[key] != nil {
      note(key, "an image manifest has no such field", .manifest)
    }
    subject(fields, .manifest)
    annotations(fields)
    var configuration: Descriptor?
    if let object = object(fields, "config", isRequired: true, .manifest) {
      configuration = descriptor(.object(object.object), "config", .manifest)
    }
    let artifactType = type(fields, "artifactType", isRequired: false, .manifest)
    if configuration?.mediaType == "application/vnd.oci.empty.v1+json", artifactType == nil {
      note("artifactType", "must be there when the configuration is the empty one", .manifest)
    }
    var layers: [Descriptor] = []
    for (path, value) in array(fields, "layers", isRequired: true, .manifest) {
      if let layer = descriptor(value, path, .manifest) { layers.append(layer) }
    }
    return (configuration, layers)
  }

  private mutating func version(_ fields: Fields, _ clause: Clause) {
    let version = integer(fields, "schemaVersion", isRequired: true, clause)
    if let version, version != 2 { note("schemaVersion", "must be 2, not \(version)", clause) }
  }

  private mutating func mediaType(
    _ fields: Fields,
    stated: String?,
    _ clause: Clause,
    isRight: (String) -> Bool,
  ) {
    guard let type = type(fields, "mediaType", isRequired: false, clause) else { return }
    if !isRight(type) {
      note("mediaType", "\"\(type)\" is not what the document is", clause)
    } else if let stated, stated != type {
      note("mediaType", "\"\(type)\" is not the descriptor's \"\(stated)\"", clause)
    }
  }

  private mutating func subject(_ fields: Fields, _ clause: Clause) {
    guard let object = object(fields, "subject", isRequired: false, clause) else { return }
    _ = descriptor(.object(object.object), "subject", clause)
  }

  /// A descriptor with every rule of its own; nil when it can't be followed.
  mutating func descriptor(_ value: JSONValue, _ path: String, _ clause: Clause) -> Descriptor? {
    guard case .object(let object) = value else {
      note(path, "a descriptor is an object, not \(value.kind)", clause)
      return nil
    }
    let fields = Fields(object, path)
    type(fields, "mediaType", isRequired: true, .descriptor)
    type(fields, "artifactType", isRequired: false, .descriptor)
    let size = integer(fields, "size", isRequired: true, .descriptor)
    if let size, size < 0 { note(fields.path("size"), "\(size) is negative", .descriptor) }
    if let text = string(fields, "digest", isRequired: true, .descriptor) {
      do throws(DigestError) {
        _ = try Digest(parsing: text)
      } catch {
        let isKnown = text.hasPrefix("sha256:") || text.hasPrefix("sha512:")
        note(fields.path("digest"), error.problem, isKnown ? .algorithm : .digest)
      }
    }
    for (path, url) in strings(fields, "urls", .descriptor) where !isURI(url) {
      note(path, "not a URI by RFC 3986", .descriptor)
    }
    annotations(fields)
    do throws(DocumentError) {
      let descriptor = try Descriptor(DocumentFields(object, path: path))
      embedded(fields, descriptor)
      return descriptor
    } catch {
      return nil
    }
  }

  private mutating func embedded(_ fields: Fields, _ descriptor: Descriptor) {
    guard let text = string(fields, "data", isRequired: false, .embedded) else { return }
    guard let data = decodedBase64(text) else {
      note(fields.path("data"), "not base64 by RFC 4648, section 4", .embedded)
      return
    }
    if Int64(data.count) != descriptor.size || !descriptor.digest.matches(data) {
      note(fields.path("data"), "is not the content that digest and size tell of", .embedded)
    }
  }

  mutating func annotations(_ fields: Fields, _ key: String = "annotations") {
    guard let annotations = object(fields, key, isRequired: false, .annotations) else { return }
    for member in annotations.object.members {
      let path = annotations.path(member.key)
      guard case .string(let value) = member.value else {
        note(path, "a string is expected, not \(member.value.kind)", .annotations)
        continue
      }
      if member.key.isEmpty { note(annotations.path("\"\""), "a key is empty", .annotations) }
      if member.key == "org.opencontainers.image.created", Moment(parsing: value) == nil {
        note(path, "not a moment by RFC 3339", .keys)
      }
    }
  }

  /// A media type.
  @discardableResult
  private mutating func type(
    _ fields: Fields,
    _ key: String,
    isRequired: Bool,
    _ clause: Clause,
  ) -> String? {
    guard let text = string(fields, key, isRequired: isRequired, clause) else { return nil }
    if !isMediaType(text) {
      note(fields.path(key), "\"\(text.prefix(100))\" is no media type by RFC 6838", clause)
    }
    return text
  }
}

/// Spec: RFC 6838, section 4.2.
private func isMediaType(_ text: String) -> Bool {
  let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
  return parts.count == 2
    && parts.allSatisfy { part in
      guard let first = part.first, isLetterOrDigit(first), part.count <= 127 else { return false }
      return part.allSatisfy { isLetterOrDigit($0) || "!#$&-^_.+".utf8.contains($0) }
    }
}

private func isLetterOrDigit(_ byte: UInt8) -> Bool {
  switch byte {
  case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
  default: false
  }
}

/// A scheme, a colon, and no byte that RFC 3986 leaves out.
private func isURI(_ text: String) -> Bool {
  guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")),
    let first = text.utf8.first, isLetterOrDigit(first), first > 0x39,
    text.utf8[..<colon].allSatisfy({ isLetterOrDigit($0) || "+-.".utf8.contains($0) })
  else { return false }
  return text.utf8.allSatisfy {
    isLetterOrDigit($0) || "-._~:/?#[]@!$&'()*+,;=%".utf8.contains($0)
  }
}

/// Spec: RFC 4648, section 4: with padding, and nothing else in it.
func decodedBase64(_ text: String) -> [UInt8]? {
  var bytes = Array(text.utf8)
  guard bytes.count % 4 == 0 else { return nil }
  let padding = bytes.suffix(2).filter { $0 == UInt8(ascii: "=") }.count
  bytes.removeLast(padding)
  var result: [UInt8] = []
  var buffer: UInt32 = 0
  var bits = 0
  for byte in bytes {
    let value: UInt32
    switch byte {
    case 0x41...0x5A: value = UInt32(byte) - 0x41
    case 0x61...0x7A: value = UInt32(byte) - 0x61 + 26
    case 0x30...0x39: value = UInt32(byte) - 0x30 + 52
    case UInt8(ascii: "+"): value = 62
    case UInt8(ascii: "/"): value = 63
    default: return nil
    }
    buffer = buffer << 6 | value
    bits += 6
    if bits >= 8 {
      bits -= 8
      result.append(UInt8(truncatingIfNeeded: buffer >> UInt32(bits)))
    }
  }
  return result
}
