import JSON
import Lifecycle
import State

/// `swrun events`.
func showEvents(
  _ arguments: Arguments,
  _ presentation: Presentation,
  on host: borrowing Host,
) throws(RuntimeError) {
  let interval = try arguments.interval(5000)
  if arguments.has("stats") {
    try presentation.show(statisticsEvent(of: arguments.id(), on: host), .compact)
    return
  }
  try watchEvents(of: arguments.id(), everyMilliseconds: interval, on: host) {
    event throws(RuntimeError) in
    try presentation.show(event, .compact)
  }
}

/// `swrun ps`.
func listProcesses(
  _ arguments: Arguments,
  _ presentation: Presentation,
  on host: borrowing Host,
) throws(RuntimeError) {
  let list = try processes(of: arguments.id(), on: host)
  if arguments.options["format"] == "json" {
    try presentation.show(.array(list.map { .integer(Int64($0)) }), .compact)
  } else {
    let options = Array(arguments.positional.dropFirst())
    try presentation.show(processTable(of: list, options: options))
  }
}

extension Arguments {
  /// The value of `--interval` in milliseconds, at least one.
  func interval(_ standard: Int64) throws(RuntimeError) -> Int64 {
    guard let text = options["interval"] else { return standard }
    guard let nanoseconds = nanoseconds(ofDuration: text), nanoseconds > 0 else {
      throw .usage(
        "--interval can't be \"\(text)\": use a time over zero such as 500ms, 10s or 1m30s"
      )
    }
    return max(1, nanoseconds / 1_000_000)
  }
}
