import JSON
import Kernel
import Lifecycle
import RuntimeSpec

/// `swrun spec`: writes config.json, or another file, into the bundle, unless there is one.
func writeSpec(_ arguments: Arguments) throws(RuntimeError) {
  let bundle = arguments.options["bundle"] ?? "."
  let name = arguments.options["file"] ?? "config.json"
  let document = defaultConfiguration(
    rootless: arguments.has("rootless")
      ? (uid: Process.effectiveUser, gid: Process.effectiveGroup) : nil
  )
  do throws(KernelError) {
    let directory = try open(bundle, [.path, .directory])
    let file = try open(
      at: directory,
      name,
      [.writeOnly, .create, .exclusive],
      mode: 0o644,
      []
    )
    try file.writeAll(document.text(.indented(4)) + [UInt8(ascii: "\n")])
  } catch  where error.code == .exists {
    throw .refused("\(name.hasPrefix("/") ? name : "\(bundle)/\(name)") exists: move it away first")
  } catch {
    throw .kernel(error, subject: "spec")
  }
}
