import ArgumentParser
import HostProcess
import ImageSpec
import Synchronization
import Transfer

/// How a transfer shows how far it is.
enum ProgressStyle: String, ExpressibleByArgument, CaseIterable {
  /// Bars on a terminal, nothing elsewhere.
  case auto
  /// One JSON object a line on standard error.
  case json
  case none
}

/// The progress of several blobs at once: a bar for each and one for all, or lines for a program.
final class TransferDisplay: TransferProgress {
  private struct Row {
    let label: String
    let total: Int64
    var done: Int64
    var outcome: BlobOutcome?
  }

  private struct State {
    var rows: [Digest: Row] = [:]
    var order: [Digest] = []
    var moved: Int64 = 0
    var drawnLines = 0
    var lastDrawn: ContinuousClock.Instant?
    var lastTold: [Digest: ContinuousClock.Instant] = [:]
  }

  private enum Form {
    case bars
    case json
    case none
  }

  private let form: Form
  private let started = ContinuousClock.now
  private let state = Mutex(State())

  private static let interval = Duration.milliseconds(100)
  /// What is done goes from the screen when there are more rows than this.
  private static let rowLimit = 12

  init(_ style: ProgressStyle, isQuiet: Bool) {
    form =
      switch style {
      case .json: .json
      case .auto: isQuiet || !Surroundings.isTerminal(2) ? .none : .bars
      case .none: .none
      }
  }

  func begin(_ blob: Descriptor, done: Int64) {
    update { state in
      if state.rows[blob.digest] == nil { state.order.append(blob.digest) }
      state.rows[blob.digest] = Row(
        label: String(blob.digest.encoded.prefix(12)),
        total: blob.size,
        done: done,
        outcome: nil,
      )
      return event("begin", blob.digest, state)
    }
  }

  func advance(_ blob: Descriptor, by count: Int64) {
    update { state in
      state.rows[blob.digest]?.done += count
      state.moved += max(0, count)
      let now = ContinuousClock.now
      if let last = state.lastTold[blob.digest], now - last < TransferDisplay.interval {
        return nil
      }
      state.lastTold[blob.digest] = now
      return event("progress", blob.digest, state)
    }
  }

  func end(_ blob: Descriptor, _ outcome: BlobOutcome) {
    update { state in
      state.rows[blob.digest]?.outcome = outcome
      if outcome != .stopped { state.rows[blob.digest]?.done = blob.size }
      return event(outcome.rawValue, blob.digest, state)
    }
  }

  /// Clears the bars.
  func finish() {
    guard case .bars = form else { return }
    state.withLock { state in
      Presentation.draw(TransferDisplay.erasure(state.drawnLines))
      state.drawnLines = 0
    }
  }

  private func update(_ change: (inout State) -> JSONValue?) {
    if case .none = form { return }
    // Drawn under the lock, so that lines do not mix.
    state.withLock { state in
      let event = change(&state)
      if case .json = form {
        if let event { Presentation.draw(event.compactText + "\n") }
        return
      }
      let now = ContinuousClock.now
      if let last = state.lastDrawn, now - last < TransferDisplay.interval { return }
      state.lastDrawn = now
      let lines = self.lines(state)
      let erasure = TransferDisplay.erasure(state.drawnLines)
      Presentation.draw(erasure + lines.map { $0 + "\n" }.joined())
      state.drawnLines = lines.count
    }
  }

  private func event(_ name: String, _ digest: Digest, _ state: State) -> JSONValue? {
    guard case .json = form, let row = state.rows[digest] else { return nil }
    return [
      "event": .string(name), "digest": .string(digest.description), "done": .integer(row.done),
      "size": .integer(row.total),
    ]
  }

  private static func erasure(_ lines: Int) -> String {
    lines == 0 ? "" : "\u{1B}[\(lines)A\u{1B}[J"
  }

  private func lines(_ state: State) -> [String] {
    let width = max(40, (Surroundings.columns(2) ?? 80) - 1)
    let rows = state.order.compactMap { state.rows[$0] }
    let shown =
      rows.count > TransferDisplay.rowLimit ? rows.filter { $0.outcome == nil } : rows
    var lines = shown.prefix(TransferDisplay.rowLimit).map { row in
      let what = row.outcome.map(\.rawValue) ?? "\(size(row.done))/\(size(row.total))"
      return String(
        "\(row.label)  \(bar(row.done, of: row.total, width: width))  \(what)".prefix(width)
      )
    }
    let done = Manifest.total(rows.map { max(0, $0.done) })
    let total = Manifest.total(rows.map(\.total))
    let elapsed = ContinuousClock.now - started
    let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
    let rate = seconds > 0.2 ? "  \(size(Int64(Double(state.moved) / seconds)))/s" : ""
    let sum = "\(size(done))/\(size(total))\(rate)"
    lines.append(
      String("total         \(bar(done, of: total, width: width))  \(sum)".prefix(width))
    )
    return lines
  }

  private func bar(_ done: Int64, of total: Int64, width: Int) -> String {
    let room = min(30, max(8, width - 52))
    let fraction = total > 0 ? min(1, Double(max(0, done)) / Double(total)) : 1
    let filled = Int(fraction * Double(room))
    return "[" + String(repeating: "#", count: filled)
      + String(repeating: "-", count: room - filled) + "]"
  }
}
