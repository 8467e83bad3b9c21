import HostProcess
import Synchronization

/// A line on a terminal that tells how far the work is; silence everywhere else.
final class ProgressBar: Sendable {
  private struct State {
    var total: Int64?
    var done: Int64 = 0
    var lastDrawn: ContinuousClock.Instant?
  }

  private let label: String
  private let isVisible: Bool
  private let started = ContinuousClock.now
  private let state: Mutex<State>

  /// Drawing more often would only cost time.
  private static let interval = Duration.milliseconds(100)

  init(_ label: String, isQuiet: Bool, total: Int64? = nil) {
    self.label = label
    isVisible = !isQuiet && Surroundings.isTerminal(2)
    state = Mutex(State(total: total))
  }

  /// Says how many bytes there are in all.
  func expect(_ total: Int64) {
    state.withLock { $0.total = total }
  }

  /// Counts bytes that were worked off.
  func advance(by count: Int64) {
    guard isVisible else { return }
    let now = ContinuousClock.now
    let line = state.withLock { (state) -> String? in
      state.done += count
      if let last = state.lastDrawn, now - last < ProgressBar.interval { return nil }
      state.lastDrawn = now
      return self.line(done: state.done, total: state.total, elapsed: now - started)
    }
    if let line { Presentation.draw("\r\(line)\u{1B}[K") }
  }

  /// Clears the line.
  func end() {
    guard isVisible else { return }
    let wasDrawn = state.withLock { $0.lastDrawn.take() != nil }
    if wasDrawn { Presentation.draw("\r\u{1B}[K") }
  }

  private func line(done: Int64, total: Int64?, elapsed: Duration) -> String {
    let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
    let rate = seconds > 0.2 ? Double(done) / seconds : 0
    let speed = rate > 0 ? "  \(size(Int64(rate)))/s" : ""
    guard let total, total > 0 else { return "\(label)  \(size(done))\(speed)" }
    let fraction = min(1, Double(done) / Double(total))
    let width = 24
    let filled = Int(fraction * Double(width))
    let bar =
      String(repeating: "#", count: filled) + String(repeating: "-", count: width - filled)
    var text = "\(label)  [\(bar)] \(Int(fraction * 100))%  \(size(done))/\(size(total))\(speed)"
    if rate > 0 {
      let left = Int((Double(total - done) / rate).rounded(.up))
      text += "  \(left / 60):\(left % 60 < 10 ? "0" : "")\(left % 60) left"
    }
    // A line that wraps could not be drawn over.
    return String(text.prefix((Surroundings.columns(2) ?? 80) - 1))
  }
}

/// A number of bytes for people.
func size(_ bytes: Int64) -> String {
  let units = ["B", "KiB", "MiB", "GiB", "TiB"]
  var value = Double(max(0, bytes))
  var unit = 0
  while value >= 1024, unit < units.count - 1 {
    value /= 1024
    unit += 1
  }
  guard unit > 0 else { return "\(bytes) B" }
  let tenths = Int64((value * 10).rounded())
  return tenths >= 1000
    ? "\((tenths + 5) / 10) \(units[unit])" : "\(tenths / 10).\(tenths % 10) \(units[unit])"
}
