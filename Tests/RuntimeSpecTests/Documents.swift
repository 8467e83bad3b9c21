import RuntimeSpec
import Testing

/// A config.json that starts, with sections added or replaced by JSON text.
struct Document {
  var ociVersion = "1.3.0"
  var root = #"{"path": "rootfs"}"#
  /// The members of `process` after the required ones.
  var process = ""
  /// The whole of `process`; nil for one that starts, with the members above.
  var processText: String?
  /// The members of `linux` after the namespaces.
  var linux = ""
  var namespaces = ["mount", "pid"]
  /// Members of the document after those.
  var rest = ""

  var text: String {
    let members = process.isEmpty ? "" : ", \(process)"
    let section = processText ?? #"{"cwd": "/", "args": ["sh"]\#(members)}"#
    let kinds = namespaces.map { #"{"type": "\#($0)"}"# }.joined(separator: ", ")
    return """
      {
        "ociVersion": "\(ociVersion)",
        "root": \(root),
        "process": \(section),
        "linux": {"namespaces": [\(kinds)]\(linux.isEmpty ? "" : ",\n")\(linux)}\
      \(rest.isEmpty ? "" : ",\n")\(rest)
      }
      """
  }

  static func process(_ members: String) -> Document { Document(process: members) }
  static func linux(_ members: String) -> Document { Document(linux: members) }
  static func rest(_ members: String) -> Document { Document(rest: members) }

  static func resources(_ members: String) -> Document {
    Document(linux: #""resources": {\#(members)}"#)
  }

  static func mount(_ members: String) -> Document {
    Document(rest: #""mounts": [{"destination": "/m", "type": "tmpfs"}, {\#(members)}]"#)
  }

  func configuration() throws -> Configuration { try Configuration(parsing: Array(text.utf8)) }

  func plan() throws -> ContainerPlan {
    try ContainerPlan(try configuration(), bundle: "/bundle")
  }
}
