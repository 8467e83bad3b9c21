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

  /// The blob `{}`, for where a manifest must name one and has none.
  ///
  /// Spec: image-spec manifest.md, "Guidance for an Empty Descriptor".
  package static var empty: Descriptor {
    let encoded = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    do throws(DigestError) {
      return Descriptor(
        mediaType: MediaType.empty,
        digest: try Digest(algorithm: "sha256", encoded: encoded),
        size: 2,
      )
    } catch {
      preconditionFailure("the digest of {} is valid")
    }
  }

  /// The same descriptor with nothing but type, digest and size.
  package var bare: Descriptor { Descriptor(mediaType: mediaType, digest: digest, size: size) }

  /// What the artifact is that the descriptor stands for; nil when it doesn't say.
  package var artifactType: String? {
    guard case .string(let value) = object["artifactType"] else { return nil }
    return value
  }

  /// Where else the content is to be had, for what its owner alone may hand out.
  package var urls: [String] {
    guard case .array(let values) = object["urls"] else { return [] }
    return values.compactMap { value in
      if case .string(let url) = value { url } else { nil }
    }
  }

  /// The descriptor as a list of referrers has it.
  ///
  /// Spec: distribution-spec, "Listing Referrers".
  package func asReferrer(_ manifest: Manifest) -> Descriptor {
    var copy = bare
    copy.object["artifactType"] = .string(manifest.artifactType)
    for annotation in manifest.annotations {
      copy = copy.settingAnnotation(annotation.key, to: annotation.value)
    }
    return copy
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
