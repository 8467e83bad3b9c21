/// A typed, sized and digested pointer to content.
///
/// Spec: image-spec descriptor.md.
package struct Descriptor: Equatable, Sendable {
  package let mediaType: String
  package let digest: Digest
  package let size: Int64
  package let platform: Platform?
  /// The fields as they stand in the document, unknown ones too.
  package private(set) var object: JSONObject

  /// A descriptor for content of our own.
  package init(mediaType: String, digest: Digest, size: Int64) {
    self.mediaType = mediaType
    self.digest = digest
    self.size = size
    platform = nil
    object = [
      "mediaType": .string(mediaType), "digest": .string(digest.description),
      "size": .integer(size),
    ]
  }

  /// - Throws: when a field is missing or breaks its rule; a negative size among them.
  package init(_ fields: DocumentFields) throws(DocumentError) {
    mediaType = try fields.requiredString("mediaType")
    let text = try fields.requiredString("digest")
    do throws(DigestError) {
      digest = try Digest(parsing: text)
    } catch {
      throw fields.error("digest", error.description)
    }
    guard let size = try fields.integer("size") else {
      throw fields.error("size", "the field is missing")
    }
    guard size >= 0 else { throw fields.error("size", "\(size) is negative") }
    self.size = size
    platform =
      if let platform = try fields.fields("platform") { try Platform(platform) } else { nil }
    _ = try fields.stringMembers("annotations")
    object = fields.object
  }

  /// The value of one annotation.
  package func annotation(_ key: String) -> String? {
    guard case .object(let annotations) = object["annotations"],
      case .string(let value) = annotations[key]
    else { return nil }
    return value
  }

  /// The same descriptor without one annotation.
  package func removingAnnotation(_ key: String) -> Descriptor {
    guard case .object(var annotations) = object["annotations"] else { return self }
    var copy = self
    annotations[key] = nil
    copy.object["annotations"] = annotations.members.isEmpty ? nil : .object(annotations)
    return copy
  }

  /// The same descriptor with one annotation set.
  package func settingAnnotation(_ key: String, to value: String) -> Descriptor {
    var copy = self
    var annotations: JSONObject = [:]
    if case .object(let present) = object["annotations"] { annotations = present }
    annotations[key] = .string(value)
    copy.object["annotations"] = .object(annotations)
    return copy
  }
}
