import ImageSpec

/// A rule of the image specification that something breaks.
package struct Violation: Sendable {
  /// The document or file, by its digest or name.
  package let subject: String
  /// The path of the field, or the name of the archive's entry; empty for the whole.
  package let path: String
  package let problem: String
  /// Where the rule stands, as `descriptor.md, "Properties"`.
  package let clause: String
}

/// Collects violations of one document, going on after each.
struct DocumentCheck {
  let subject: String
  private(set) var violations: [Violation] = []

  init(_ subject: String) {
    self.subject = subject
  }

  mutating func note(_ path: String, _ problem: String, _ clause: Clause) {
    violations.append(
      Violation(subject: subject, path: path, problem: problem, clause: clause.rawValue)
    )
  }

  /// A member of the right kind; nil, and noted where that is a violation, when there is none.
  mutating func string(_ fields: Fields, _ key: String, isRequired: Bool, _ clause: Clause)
    -> String?
  {
    guard let value = member(fields, key, isRequired: isRequired, clause) else { return nil }
    if case .string(let text) = value { return text }
    note(fields.path(key), "a string is expected, not \(value.kind)", clause)
    return nil
  }

  mutating func integer(_ fields: Fields, _ key: String, isRequired: Bool, _ clause: Clause)
    -> Int64?
  {
    guard let value = member(fields, key, isRequired: isRequired, clause) else { return nil }
    if case .number(let digits) = value, let number = Int64(digits) { return number }
    note(fields.path(key), "a 64-bit integer is expected, not \(value.kind)", clause)
    return nil
  }

  mutating func object(_ fields: Fields, _ key: String, isRequired: Bool, _ clause: Clause)
    -> Fields?
  {
    guard let value = member(fields, key, isRequired: isRequired, clause) else { return nil }
    if case .object(let object) = value { return Fields(object, fields.path(key)) }
    note(fields.path(key), "an object is expected, not \(value.kind)", clause)
    return nil
  }

  /// The elements with their paths.
  mutating func array(
    _ fields: Fields,
    _ key: String,
    isRequired: Bool,
    _ clause: Clause,
  ) -> [(path: String, value: JSONValue)] {
    guard let value = member(fields, key, isRequired: isRequired, clause) else { return [] }
    guard case .array(let elements) = value else {
      note(fields.path(key), "an array is expected, not \(value.kind)", clause)
      return []
    }
    return elements.enumerated().map { ("\(fields.path(key))[\($0.offset)]", $0.element) }
  }

  mutating func strings(_ fields: Fields, _ key: String, _ clause: Clause) -> [(String, String)] {
    var strings: [(String, String)] = []
    for (path, value) in array(fields, key, isRequired: false, clause) {
      if case .string(let text) = value {
        strings.append((path, text))
      } else {
        note(path, "a string is expected, not \(value.kind)", clause)
      }
    }
    return strings
  }

  private mutating func member(
    _ fields: Fields,
    _ key: String,
    isRequired: Bool,
    _ clause: Clause,
  ) -> JSONValue? {
    let value = fields.object[key]
    // Null counts as absent, as in the reference implementation.
    if let value, value != .null { return value }
    if isRequired { note(fields.path(key), "the field is missing", clause) }
    return nil
  }
}

/// The members of one object and the path that leads to it.
struct Fields {
  let object: JSONObject
  private let parent: String

  init(_ object: JSONObject, _ path: String) {
    self.object = object
    parent = path
  }

  func path(_ key: String) -> String { parent.isEmpty ? key : "\(parent).\(key)" }
}

/// Where the rules stand in the image specification.
enum Clause: String {
  case layoutBlobs = "image-layout.md, \"Blobs\""
  case layoutMarker = "image-layout.md, \"oci-layout file\""
  case layoutIndex = "image-layout.md, \"index.json file\""
  case index = "image-index.md, \"Image Index Property Descriptions\""
  case manifest = "manifest.md, \"Image Manifest Property Descriptions\""
  case descriptor = "descriptor.md, \"Properties\""
  case digest = "descriptor.md, \"Digests\""
  case algorithm = "descriptor.md, \"Registered algorithms\""
  case verification = "descriptor.md, \"Verification\""
  case embedded = "descriptor.md, \"Embedded Content\""
  case annotations = "annotations.md, \"Rules\""
  case keys = "annotations.md, \"Pre-Defined Annotation Keys\""
  case configuration = "config.md, \"Properties\""
  case diffID = "config.md, \"Layer DiffID\""
  case layer = "layer.md, \"Distributable Format\""
  case changes = "layer.md, \"Representing Changes\""
  case whiteouts = "layer.md, \"Whiteouts\""
  case mediaTypes = "media-types.md"
}
