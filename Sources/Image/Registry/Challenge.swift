/// What a server wants to be shown, from a `WWW-Authenticate` header.
///
/// Spec: RFC 9110, section 11.6.1; distribution-spec's token authentication.
struct Challenge: Equatable {
  let scheme: String
  let parameters: [String: String]

  /// Reads one header; several challenges in one header count as their first.
  init?(parsing header: String) {
    var rest = Substring(header).drop { $0 == " " }
    scheme = rest.prefix { $0 != " " }.lowercased()
    rest = rest.drop { $0 != " " }
    guard !scheme.isEmpty else { return nil }
    var parameters: [String: String] = [:]
    while true {
      rest = rest.drop { $0 == " " || $0 == "," || $0 == "\t" }
      guard let equals = rest.firstIndex(of: "=") else { break }
      let name = rest[..<equals].lowercased()
      // A space in the name: the next challenge has begun.
      guard !name.contains(" ") else { break }
      rest = rest[rest.index(after: equals)...]
      parameters[name] = Challenge.value(&rest)
    }
    self.parameters = parameters
  }

  private static func value(_ rest: inout Substring) -> String {
    guard rest.first == "\"" else {
      let value = rest.prefix { $0 != "," && $0 != " " }
      rest = rest[value.endIndex...]
      return String(value)
    }
    rest = rest.dropFirst()
    var value = ""
    while let character = rest.popFirst(), character != "\"" {
      if character == "\\", let escaped = rest.popFirst() {
        value.append(escaped)
      } else {
        value.append(character)
      }
    }
    return value
  }
}
