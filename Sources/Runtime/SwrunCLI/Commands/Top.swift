import JSON
import Kernel
import Lifecycle

/// `swrun top`: a table that renews itself on a terminal, one snapshot elsewhere.
///
/// - Returns: the status to exit with: 128 and the number of a signal that ended it.
func top(_ arguments: Arguments, _ presentation: Presentation) throws(RuntimeError) -> Int32 {
  // What can't be read is not shown; a warning would be drawn into the table.
  var quiet = presentation
  quiet.level = .error
  let host = try arguments.host(quiet)
  let column = arguments.options["sort"].flatMap(UsageColumn.init(rawValue:)) ?? .cpu
  let isJSON = arguments.options["format"] == "json"
  guard isJSON || TerminalSettings(of: 1) == nil else {
    return try showLive(every: try arguments.interval(2000), column, on: host)
  }
  let rows = try snapshot(over: try arguments.interval(1000), column, on: host)
  if isJSON {
    try presentation.show(.array(rows.map(\.document)), .compact)
  } else {
    try presentation.show(UsageTable.lines(rows).map { "\($0)\n" }.joined())
  }
  return ExitCode.success
}

/// What all containers use now, with rates over a time that is waited for.
private func snapshot(
  over milliseconds: Int64,
  _ column: UsageColumn,
  on host: borrowing Host,
) throws(RuntimeError) -> [UsageRow] {
  let before = try usages(on: host)
  try onTerminal { () throws(KernelError) in
    // No longer than there is a reader.
    _ = try DescriptorTable.wait(
      for: [PollRequest(1, [])],
      milliseconds: Int32(clamping: milliseconds)
    )
  }
  return usageRows(try usages(on: host), since: before, sortedBy: column)
}

/// What happens to a live table.
private enum ScreenEvent {
  /// It is time to look again.
  case refresh
  case redraw
  case sort(UsageColumn)
  case stop
  case end(Int32)
}

private func showLive(
  every interval: Int64,
  _ standard: UsageColumn,
  on host: borrowing Host,
) throws(RuntimeError) -> Int32 {
  // Held back before the terminal is taken: whatever ends this gives it back first.
  let signals = try onTerminal { () throws(KernelError) in
    try Signals.block(.all)
    return try Signals.descriptor()
  }
  var screen = try onTerminal { () throws(KernelError) in try LiveScreen() }
  var column = standard
  var (before, now) = ([ContainerUsage](), try usages(on: host))
  // The first rates need a second look, which nobody wants to wait for.
  var next = Clock.monotonicMilliseconds + min(interval, 500)
  while true {
    let rows = usageRows(now, since: before, sortedBy: column)
    let count = rows.count == 1 ? "1 container" : "\(rows.count) containers"
    let title = "swrun top: \(count), by \(column.rawValue)"
    let help = "q quits; c, m, i, p, n sort by cpu, memory, io, pids, name"
    let event = try onTerminal { () throws(KernelError) in
      try screen.draw(["\(title)   (\(help))", ""] + UsageTable.lines(rows))
      return try nextEvent(until: next, signals, hasKeyboard: screen.hasKeyboard)
    }
    switch event {
    case .refresh:
      (before, now) = (now, try usages(on: host))
      next = max(next + interval, Clock.monotonicMilliseconds)
    case .redraw:
      // Somebody may have set the terminal back while this process was stopped.
      try onTerminal { () throws(KernelError) in try screen.enter() }
    case .sort(let wanted): column = wanted
    case .stop:
      screen.leave()
      try onTerminal { () throws(KernelError) in
        try Process.stopSelf()
        try screen.enter()
      }
    case .end(let status): return status
    }
  }
}

private func nextEvent(
  until moment: Int64,
  _ signals: borrowing OwnedDescriptor,
  hasKeyboard: Bool,
) throws(KernelError) -> ScreenEvent {
  let keyboard: Int32 = 0
  let watches =
    [PollRequest(signals.raw, .readable)] + (hasKeyboard ? [PollRequest(keyboard, .readable)] : [])
  while true {
    let left = Int32(clamping: max(0, moment - Clock.monotonicMilliseconds))
    let ready = try DescriptorTable.wait(for: watches, milliseconds: left)
    if ready[0] {
      let signal = try Signals.next(from: signals)
      switch Signals.meaning(of: signal) {
      case .resized, .resumed: return .redraw
      case .stop: return .stop
      case .end: return .end(128 + signal)
      case .other: continue
      }
    }
    if hasKeyboard, ready[1] {
      let keys = try OwnedDescriptor.duplicating(raw: keyboard).read(upTo: 64)
      // A keyboard at its end is a terminal that has gone.
      if keys.isEmpty || keys.contains(UInt8(ascii: "q")) { return .end(ExitCode.success) }
      if let wanted = keys.lazy.compactMap(UsageColumn.init(key:)).first { return .sort(wanted) }
      continue
    }
    if left == 0 { return .refresh }
  }
}

private func onTerminal<Value: ~Copyable>(
  _ body: () throws(KernelError) -> Value,
) throws(RuntimeError) -> Value {
  do throws(KernelError) {
    return try body()
  } catch {
    throw .kernel(error, subject: "terminal")
  }
}
