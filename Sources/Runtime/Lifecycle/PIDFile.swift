import Kernel

/// Writes a pid file: bare digits, whole or not at all, and nothing without a path.
///
/// Callers read it as soon as it is there.
func writePIDFile(_ pid: Int32, at path: String?) throws(RuntimeError) {
  guard let path else { return }
  let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
  let parent = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
  let name = slash.map { String(path[path.utf8.index(after: $0)...]) } ?? path
  try about("pid file \(path)") { () throws(KernelError) in
    let directory = try open(parent, [.path, .directory])
    try Directory.replaceFile(
      at: directory,
      name,
      with: [UInt8]("\(pid)".utf8),
      mode: 0o644,
      isDurable: false
    )
  }
}
