import Kernel
import Lifecycle

/// `swrun mounts add` and `swrun mounts remove`.
func mounts(
  _ arguments: Arguments,
  _ words: [String],
  _ presentation: Presentation,
) throws(RuntimeError) {
  // A process of ours is in the container's namespaces for a moment.
  try protectSelf(arguments: words)
  let id = try arguments.id(at: 1)
  let document = try document(arguments.positional[2])
  let host = try arguments.host(presentation)
  switch arguments.positional[0] {
  case "add": try addMounts(id, document, on: host)
  case "remove": try removeMounts(id, document, on: host)
  case let action: throw .usage("can't \(action) mounts: use add or remove")
  }
}

/// The bytes of a document that is given as JSON, as a file's name, or as `-` for standard input.
private func document(_ given: String) throws(RuntimeError) -> [UInt8] {
  let text = given.drop { $0.isWhitespace }
  if text.first == "[" || text.first == "{" { return [UInt8](given.utf8) }
  do throws(KernelError) {
    let file = given == "-" ? try OwnedDescriptor.duplicating(raw: 0) : try open(given, [.readOnly])
    return try file.readAll(limit: 16 << 20, subject: given)
  } catch {
    throw .kernel(error, subject: "mounts")
  }
}
