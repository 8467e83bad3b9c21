internal import JSON

/// An object of the document while it is decoded, with the clause that describes it.
///
/// A member that is absent and one that is null are the same: what is written by Go programs has
/// null for what is not set. Members that the specification doesn't know are ignored, as
/// config.md, "Extensibility" demands.
struct Section {
  let node: JSONNode
  let clause: String

  init(_ node: JSONNode, _ clause: String) throws(ConfigurationError) {
    guard node.kind == .object else { throw node.mismatch("an object", clause) }
    self.node = node
    self.clause = clause
  }

  /// The value of a key; nil where it is absent or null.
  func member(_ key: String) -> JSONNode? {
    guard let value = node[key], value.kind != .null else { return nil }
    return value
  }

  /// The value of a key that must be there.
  func required<Value>(_ key: String, _ value: Value?) throws(ConfigurationError) -> Value {
    guard let value else {
      throw ConfigurationError(
        pointer: "\(node.pointer)/\(key)",
        line: node.line,
        rule: "is required and missing",
        clause: clause,
      )
    }
    return value
  }

  func boolean(_ key: String) throws(ConfigurationError) -> Bool? {
    guard let value = member(key) else { return nil }
    guard let boolean = value.boolean else { throw value.mismatch("true or false", clause) }
    return boolean
  }

  func integer<Integer: FixedWidthInteger>(
    _ key: String,
    in range: ClosedRange<Integer> = Integer.min...Integer.max,
  ) throws(ConfigurationError) -> Integer? {
    guard let value = member(key) else { return nil }
    return try value.integer(in: range, clause)
  }

  func string(_ key: String) throws(ConfigurationError) -> String? {
    guard let value = member(key) else { return nil }
    return try value.text(clause)
  }

  func strings(_ key: String) throws(ConfigurationError) -> [String]? {
    try list(key) { node throws(ConfigurationError) in try node.text(clause) }
  }

  /// One of the raw values of a type.
  func choice<Choice: CaseIterable & RawRepresentable>(
    _ key: String
  ) throws(ConfigurationError) -> Choice? where Choice.RawValue == String {
    guard let value = member(key) else { return nil }
    return try value.choice(clause)
  }

  /// The elements of an array, each made by a function.
  func list<Element>(
    _ key: String,
    each element: (JSONNode) throws(ConfigurationError) -> Element,
  ) throws(ConfigurationError) -> [Element]? {
    guard let array = member(key) else { return nil }
    guard array.kind == .array else { throw array.mismatch("an array", clause) }
    var elements: [Element] = []
    for node in array.elements { elements.append(try element(node)) }
    return elements
  }

  /// The objects of an array, each made by a function.
  func sections<Element>(
    _ key: String,
    _ clause: String,
    each element: (Section) throws(ConfigurationError) -> Element,
  ) throws(ConfigurationError) -> [Element]? {
    try list(key) { node throws(ConfigurationError) in try element(Section(node, clause)) }
  }

  /// An object, made by a function.
  func section<Value>(
    _ key: String,
    _ clause: String,
    make: (Section) throws(ConfigurationError) -> Value,
  ) throws(ConfigurationError) -> Value? {
    guard let node = member(key) else { return nil }
    return try make(Section(node, clause))
  }

  /// The members of an object in order, each made by a function; of a key twice the last counts.
  func map<Element>(
    _ key: String,
    each element: (String, JSONNode) throws(ConfigurationError) -> Element,
  ) throws(ConfigurationError) -> [Element]? {
    guard let object = member(key) else { return nil }
    guard object.kind == .object else { throw object.mismatch("an object", clause) }
    var elements: [Element] = []
    let members = Array(object.members)
    let isLast = isLastOccurrence(members.map { Array($0.key.utf8) })
    for (index, (key, value)) in members.enumerated() where isLast[index] {
      guard !key.isEmpty, !key.utf8.contains(0) else {
        throw value.failure("must not have an empty key, or one with a NUL in it", clause)
      }
      elements.append(try element(key, value))
    }
    return elements
  }

  /// The keys and strings of an object, in order.
  func stringMap(_ key: String) throws(ConfigurationError) -> [(key: String, value: String)]? {
    try map(key) { key, node throws(ConfigurationError) in (key, try node.text(clause)) }
  }
}

extension JSONNode {
  /// An error about this value.
  func failure(_ rule: String, _ clause: String) -> ConfigurationError {
    ConfigurationError(pointer: pointer, line: line, rule: rule, clause: clause)
  }

  /// The error that this value is of another type than it must be.
  func mismatch(_ expected: String, _ clause: String) -> ConfigurationError {
    let found =
      switch kind {
      case .null: "null"
      case .boolean: "a truth value"
      case .integer: "an integer"
      case .decimal: "a number with a fraction or an exponent"
      case .string: "a string"
      case .array: "an array"
      case .object: "an object"
      }
    return failure("must be \(expected), is \(found)", clause)
  }

  /// The text of a string that can be handed to the kernel: without NUL.
  func text(_ clause: String) throws(ConfigurationError) -> String {
    guard let text = string else { throw mismatch("a string", clause) }
    guard !text.utf8.contains(0) else { throw failure("must not hold a NUL character", clause) }
    return text
  }

  func integer<Integer: FixedWidthInteger>(
    in range: ClosedRange<Integer>,
    _ clause: String,
  ) throws(ConfigurationError) -> Integer {
    guard kind == .integer else { throw mismatch("an integer", clause) }
    guard let number = integer(as: Integer.self), range.contains(number) else {
      let digits = String(decoding: sourceText.prefix(24), as: UTF8.self)
      throw failure("must be from \(range.lowerBound) to \(range.upperBound), is \(digits)", clause)
    }
    return number
  }

  func choice<Choice: CaseIterable & RawRepresentable>(
    _ clause: String
  ) throws(ConfigurationError) -> Choice where Choice.RawValue == String {
    let name = try text(clause)
    guard let choice = Choice(rawValue: name) else {
      let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      throw failure("must be one of \(names), is \(quoted(name))", clause)
    }
    return choice
  }
}

/// A text from the document for a message: one line, of bounded length.
func quoted(_ text: String) -> String {
  var shown = ""
  for scalar in text.unicodeScalars.prefix(100) {
    if scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value) {
      shown += "\\u{\(String(scalar.value, radix: 16))}"
    } else {
      shown.unicodeScalars.append(scalar)
    }
  }
  return text.unicodeScalars.count > 100 ? "\"\(shown)…\"" : "\"\(shown)\""
}
