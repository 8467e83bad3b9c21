import Kernel
import Lifecycle
import State

/// `swrun kill`.
func kill(_ arguments: Arguments, on host: borrowing Host) throws(RuntimeError) {
  let text = arguments.positional.dropFirst().first ?? ""
  guard let signal = Signals.number(of: text.isEmpty ? "SIGTERM" : text) else {
    throw .usage("unknown signal \"\(text)\": use a number, or a name such as TERM or SIGKILL")
  }
  try forEachContainer(arguments, on: host) { id, host throws(RuntimeError) in
    try kill(id, signal: signal, all: arguments.has("all"), on: host)
  }
}

/// `swrun delete`.
func delete(_ arguments: Arguments, on host: borrowing Host) throws(RuntimeError) {
  try forEachContainer(arguments, on: host) { id, host throws(RuntimeError) in
    try delete(id, force: arguments.has("force"), on: host)
  }
}

/// Does something to the container that is named, or with `--regex` to each that the word matches.
///
/// One that it can't be done to does not keep it from the others.
private func forEachContainer(
  _ arguments: Arguments,
  on host: borrowing Host,
  _ body: (ContainerID, borrowing Host) throws(RuntimeError) -> Void,
) throws(RuntimeError) {
  guard arguments.has("regex") else {
    try body(arguments.id(), host)
    return
  }
  let matching = try containers(matching: arguments.positional[0], on: host)
  var failures = 0
  for id in matching {
    do throws(RuntimeError) {
      try body(id, host)
    } catch {
      host.warn("container \(id): \(error)")
      failures += 1
    }
  }
  guard failures == 0 else {
    throw .refused("\(failures) of \(matching.count) containers failed")
  }
}
