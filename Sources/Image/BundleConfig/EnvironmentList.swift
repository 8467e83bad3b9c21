/// Environment variables in their order, each name once.
struct EnvironmentList {
  private(set) var variables: [String] = []
  private var positions: [Substring: Int] = [:]

  /// Sets a variable given as `NAME=VALUE`; a later value replaces an earlier one in its place.
  /// - Throws: when the name is missing or a NUL is in the text.
  mutating func set(_ variable: String) throws(BundleConfigError) {
    guard let equals = variable.utf8.firstIndex(of: UInt8(ascii: "=")),
      equals > variable.startIndex
    else {
      throw .environment(text: variable, problem: "NAME=VALUE is expected")
    }
    guard !variable.utf8.contains(0) else {
      throw .environment(text: variable, problem: "a NUL in it")
    }
    let name = variable[..<equals]
    if let position = positions[name] {
      variables[position] = variable
    } else {
      positions[name] = variables.count
      variables.append(variable)
    }
  }

  mutating func setIfAbsent(_ name: String, _ value: String) {
    guard positions[name[...]] == nil else { return }
    positions[name[...]] = variables.count
    variables.append("\(name)=\(value)")
  }
}
