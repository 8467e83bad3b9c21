extension String {
  /// Whether the path begins at the root.
  var isAbsolutePath: Bool { utf8.first == UInt8(ascii: "/") }

  /// The path with one slash between its steps and without `.` and `..` steps.
  ///
  /// What `..` leads to is decided by the text alone, as for every path inside of a container: a
  /// symbolic link never takes part. A relative path is one below the root.
  var cleanAbsolutePath: String {
    let slash = UInt8(ascii: "/")
    let dot = UInt8(ascii: ".")
    let path = Array(utf8)
    var clean: [UInt8] = []
    var start = 0
    while start < path.count {
      let end = path[start...].firstIndex(of: slash) ?? path.count
      let step = path[start..<end]
      start = end + 1
      if step.isEmpty || step == [dot] { continue }
      if step == [dot, dot] {
        clean.removeSubrange((clean.lastIndex(of: slash) ?? 0)...)
      } else {
        clean.append(slash)
        clean += step
      }
    }
    return clean.isEmpty ? "/" : String(decoding: clean, as: UTF8.self)
  }
}

/// The paths, or the error that one isn't absolute.
func absolutePaths(_ paths: [String]?, _ pointer: String) throws(ConfigurationError) -> [String] {
  var clean: [String] = []
  for (index, path) in (paths ?? []).enumerated() {
    guard path.isAbsolutePath else {
      throw ConfigurationError(
        pointer: "\(pointer)/\(index)",
        rule: "must be an absolute path in the container, is \(quoted(path))",
        clause: "config-linux.md",
      )
    }
    clean.append(path.cleanAbsolutePath)
  }
  return clean
}
