import Kernel
import State
import Terminal

/// A runtime that stays with a process of its own until that ends.
///
/// Signals that come to it go to the process, every child is reaped, and the process's terminal, if
/// it has one, is joined to the caller's.
struct Foreground: ~Copyable {
  private let signals: OwnedDescriptor
  private var relay: TerminalRelay?
  private var notification: Notification?

  /// Holds signals back from here on, and joins the terminal of which there is a master, if any, and
  /// the container's way to the service manager.
  init(
    _ master: consuming OwnedDescriptor?,
    _ notification: consuming Notification? = nil,
    on host: borrowing Host,
  ) throws(RuntimeError) {
    let signals = try about("signals") { () throws(KernelError) in
      _ = try Signals.block(.all)
      return try Signals.descriptor()
    }
    let relay = try Self.relay(consume master, on: host)
    self.signals = signals
    self.relay = relay
    self.notification = notification
  }

  private static func relay(
    _ master: consuming OwnedDescriptor?,
    on host: borrowing Host,
  ) throws(RuntimeError) -> TerminalRelay? {
    switch consume master {
    case nil: return nil
    case let master?:
      do throws(KernelError) { return try TerminalRelay.join(master, host.processes) } catch {
        throw .kernel(error, subject: "terminal")
      }
    }
  }

  /// Waits for the end of a child.
  mutating func wait(for pid: Int32) throws(RuntimeError) -> ExitStatus {
    let process = try about("process \(pid)") { () throws(KernelError) in try Process.open(pid) }
    do throws(KernelError) {
      while true {
        while let ended = try Process.reap() {
          guard ended.pid == pid else { continue }
          try notification?.finish(for: Process.ownID)
          try showRest()
          return ended.status
        }
        try turn(process)
      }
    } catch {
      throw .kernel(error, subject: "process \(pid)")
    }
  }

  /// Waits for whatever comes next, and sees to it.
  private mutating func turn(_ process: borrowing OwnedDescriptor) throws(KernelError) {
    var requests = [PollRequest(signals.raw, .readable)]
    let notified = notification?.request
    if let notified { requests.append(notified.request) }
    let others = requests.count
    if let joined = relay?.requests { requests += joined }
    try poll(&requests, milliseconds: notified?.milliseconds ?? -1)
    if !requests[0].happened.isEmpty {
      let signal = try Signals.next(from: signals)
      if try !serveTerminal(signal) { try forward(signal, process) }
    }
    // This process is the one that ends when the container does.
    if others > 1, !requests[1].happened.isEmpty {
      try notification?.relay(for: Process.ownID, waits: false)
    }
    try relay?.relay(requests.dropFirst(others))
  }

  /// Whether a signal is about the caller's terminal, and so not the process's.
  private func serveTerminal(_ signal: Int32) throws(KernelError) -> Bool {
    guard relay != nil else { return false }
    switch Signals.meaning(of: signal) {
    case .resized: try relay?.resize()
    case .stop: try relay?.stop()
    case .resumed: try relay?.resume()
    case .end, .other: return false
    }
    return true
  }

  private func forward(
    _ signal: Int32,
    _ process: borrowing OwnedDescriptor,
  ) throws(KernelError) {
    guard Signals.isForwarded(signal) else { return }
    do throws(KernelError) {
      try Process.signal(process, signal)
    } catch  where error.code == .noProcess {
      // It has ended: the next turn reaps it.
    }
  }

  /// Shows what the process has left in its terminal, for as long as nobody loses patience.
  private mutating func showRest() throws(KernelError) {
    while let request = relay?.drain() {
      var requests = [PollRequest(signals.raw, .readable), request]
      try poll(&requests, milliseconds: -1)
      guard !requests[0].happened.isEmpty else { continue }
      if Signals.meaning(of: try Signals.next(from: signals)) == .end { return }
    }
  }
}
