import Kernel
import Lifecycle

/// `swrun kill`.
func kill(_ arguments: Arguments, on host: borrowing Host) throws(RuntimeError) {
  let text = arguments.positional.dropFirst().first ?? "SIGTERM"
  guard let signal = Signals.number(of: text) else {
    throw .refused("unknown signal \"\(text)\": use a number, or a name such as TERM or SIGKILL")
  }
  try kill(arguments.id(), signal: signal, all: arguments.has("all"), on: host)
}
