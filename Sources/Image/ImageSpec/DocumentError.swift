/// The expectation that a document of an image breaks.
package enum DocumentError: Error, Equatable, CustomStringConvertible {
  /// The bytes are no JSON document.
  case syntax(JSONSyntaxError)
  /// A field, named by its path, breaks a rule.
  case field(path: String, problem: String)
  /// The document as a whole breaks a rule.
  case document(problem: String)

  package var description: String {
    switch self {
    case .syntax(let error): "not valid JSON: \(error)"
    case .field(let path, let problem): "\(path): \(problem)"
    case .document(let problem): problem
    }
  }
}

/// The fields of one object in a document, with the path that leads to it.
///
/// A null value counts as an absent field, as in the reference implementations.
package struct DocumentFields: Sendable {
  package let object: JSONObject
  private let path: String

  package init(_ object: JSONObject, path: String) {
    self.object = object
    self.path = path
  }

  /// The fields of a whole document.
  /// - Throws: when the bytes are no JSON, or no object.
  package init(parsing bytes: [UInt8]) throws(DocumentError) {
    let value: JSONValue
    do throws(JSONSyntaxError) {
      value = try JSONValue(parsing: bytes)
    } catch {
      throw .syntax(error)
    }
    guard case .object(let object) = value else {
      throw .document(problem: "the document is \(value.kind), not an object")
    }
    self.init(object, path: "")
  }

  private func childPath(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  /// An error about one of the fields.
  package func error(_ key: String, _ problem: String) -> DocumentError {
    .field(path: childPath(key), problem: problem)
  }

  private func present(_ key: String) -> JSONValue? {
    let value = object[key]
    return value == .null ? nil : value
  }

  private func mismatch(_ key: String, _ value: JSONValue, wanted: String) -> DocumentError {
    error(key, "\(wanted) is expected, not \(value.kind)")
  }

  /// Whether the field is there and not null.
  package func has(_ key: String) -> Bool { present(key) != nil }

  package func string(_ key: String) throws(DocumentError) -> String? {
    guard let value = present(key) else { return nil }
    guard case .string(let string) = value else {
      throw mismatch(key, value, wanted: "a string")
    }
    return string
  }

  package func requiredString(_ key: String) throws(DocumentError) -> String {
    guard let string = try string(key) else { throw error(key, "the field is missing") }
    return string
  }

  package func integer(_ key: String) throws(DocumentError) -> Int64? {
    guard let value = present(key) else { return nil }
    guard case .number(let digits) = value, let integer = Int64(digits) else {
      throw mismatch(key, value, wanted: "a 64-bit integer")
    }
    return integer
  }

  package func bool(_ key: String) throws(DocumentError) -> Bool? {
    guard let value = present(key) else { return nil }
    guard case .bool(let bool) = value else {
      throw mismatch(key, value, wanted: "a boolean")
    }
    return bool
  }

  package func fields(_ key: String) throws(DocumentError) -> DocumentFields? {
    guard let value = present(key) else { return nil }
    guard case .object(let object) = value else {
      throw mismatch(key, value, wanted: "an object")
    }
    return DocumentFields(object, path: childPath(key))
  }

  package func requiredFields(_ key: String) throws(DocumentError) -> DocumentFields {
    guard let fields = try fields(key) else { throw error(key, "the field is missing") }
    return fields
  }

  package func array(_ key: String) throws(DocumentError) -> [JSONValue]? {
    guard let value = present(key) else { return nil }
    guard case .array(let elements) = value else {
      throw mismatch(key, value, wanted: "an array")
    }
    return elements
  }

  /// The objects of an array, each with its own path; nil when the field is absent.
  package func arrayOfFields(_ key: String) throws(DocumentError) -> [DocumentFields]? {
    guard let elements = try array(key) else { return nil }
    var result: [DocumentFields] = []
    for (index, element) in elements.enumerated() {
      guard case .object(let object) = element else {
        throw mismatch("\(key)[\(index)]", element, wanted: "an object")
      }
      result.append(DocumentFields(object, path: childPath("\(key)[\(index)]")))
    }
    return result
  }

  package func strings(_ key: String) throws(DocumentError) -> [String]? {
    guard let elements = try array(key) else { return nil }
    var result: [String] = []
    for (index, element) in elements.enumerated() {
      guard case .string(let string) = element else {
        throw mismatch("\(key)[\(index)]", element, wanted: "a string")
      }
      result.append(string)
    }
    return result
  }

  /// The string members of an object in their order; nil when the field is absent.
  package func stringMembers(
    _ key: String
  ) throws(DocumentError) -> [(key: String, value: String)]? {
    guard let fields = try fields(key) else { return nil }
    var result: [(key: String, value: String)] = []
    for member in fields.object.members {
      // Taken as it stands: looking each up by its key would take the square of their number.
      guard case .string(let value) = member.value else {
        _ = try fields.requiredString(member.key)
        continue
      }
      result.append((member.key, value))
    }
    return result
  }

  /// The keys of an object that stands for a set, as ExposedPorts and Volumes do.
  package func setMembers(_ key: String) throws(DocumentError) -> [String] {
    try fields(key)?.object.members.map(\.key) ?? []
  }
}
