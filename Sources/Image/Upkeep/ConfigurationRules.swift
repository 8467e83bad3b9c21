import Hashing
import ImageSpec

extension DocumentCheck {
  /// The diff IDs of an image's configuration; nil for those that are none.
  mutating func configuration(_ bytes: [UInt8]) -> [Digest?] {
    guard let fields = document(bytes, .configuration) else { return [] }
    moment(fields, "created")
    for key in ["author", "os.version", "variant"] {
      _ = string(fields, key, isRequired: false, .configuration)
    }
    for key in ["os", "architecture"] { _ = string(fields, key, isRequired: true, .configuration) }
    _ = strings(fields, "os.features", .configuration)
    if let execution = object(fields, "config", isRequired: false, .configuration) {
      self.execution(execution)
    }
    history(fields)
    guard let rootfs = object(fields, "rootfs", isRequired: true, .configuration) else { return [] }
    let type = string(rootfs, "type", isRequired: true, .configuration)
    if let type, type != "layers" {
      note("rootfs.type", "must be \"layers\", not \"\(type)\"", .configuration)
    }
    return array(rootfs, "diff_ids", isRequired: true, .configuration).map { diffID($0, $1) }
  }

  private mutating func diffID(_ path: String, _ value: JSONValue) -> Digest? {
    guard case .string(let text) = value else {
      note(path, "a digest is expected, not \(value.kind)", .configuration)
      return nil
    }
    do throws(DigestError) {
      return try Digest(parsing: text)
    } catch {
      note(path, error.problem, .digest)
      return nil
    }
  }

  private mutating func execution(_ fields: Fields) {
    for key in ["User", "WorkingDir", "StopSignal"] {
      _ = string(fields, key, isRequired: false, .configuration)
    }
    for key in ["Entrypoint", "Cmd"] { _ = strings(fields, key, .configuration) }
    for (path, variable) in strings(fields, "Env", .configuration)
    where !variable.contains("=") || variable.hasPrefix("=") {
      note(path, "VARNAME=VARVALUE is expected", .configuration)
    }
    annotations(fields, "Labels")
    for key in ["ExposedPorts", "Volumes"] {
      guard let set = object(fields, key, isRequired: false, .configuration) else { continue }
      for member in set.object.members {
        if case .object = member.value {
        } else {
          note(set.path(member.key), "an empty object is expected", .configuration)
        }
        if key == "ExposedPorts", !isPort(member.key) {
          note(set.path(member.key), "port, port/tcp or port/udp is expected", .configuration)
        }
      }
    }
  }

  private mutating func history(_ fields: Fields) {
    for (path, value) in array(fields, "history", isRequired: false, .configuration) {
      guard case .object(let object) = value else {
        note(path, "an object is expected, not \(value.kind)", .configuration)
        continue
      }
      let step = Fields(object, path)
      moment(step, "created")
      for key in ["author", "created_by", "comment"] {
        _ = string(step, key, isRequired: false, .configuration)
      }
      switch object["empty_layer"] {
      case nil, .bool, .null: break
      default: note(step.path("empty_layer"), "a boolean is expected", .configuration)
      }
    }
  }

  private mutating func moment(_ fields: Fields, _ key: String) {
    guard let text = string(fields, key, isRequired: false, .configuration) else { return }
    if Moment(parsing: text) == nil {
      note(fields.path(key), "not a moment by RFC 3339", .configuration)
    }
  }
}

private func isPort(_ text: String) -> Bool {
  let parts = text.split(separator: "/", omittingEmptySubsequences: false)
  guard parts.count <= 2, let port = UInt16(parts[0]), port > 0 else { return false }
  return parts.count == 1 || ["tcp", "udp", "sctp"].contains(parts[1].lowercased())
}

extension Digest {
  /// Whether it is the digest of these bytes; true where it can't be computed.
  func matches(_ bytes: [UInt8]) -> Bool {
    guard let algorithm = HashAlgorithm(rawValue: self.algorithm) else { return true }
    return IncrementalHash.hexadecimal(of: bytes, algorithm: algorithm) == encoded
  }
}
