import ImageSpec
import Synchronization

/// Blobs to be moved, shared by the threads that move them; the first failure ends all.
final class BlobQueue: Sendable {
  /// One blob, and whether it was put back because another process is at it.
  struct Item {
    let blob: Descriptor
    let isPostponed: Bool
  }

  private struct State {
    var waiting: [Item]
    var active = 0
    var problem: TransferError?
  }

  private let state: Mutex<State>

  /// Connections of all threads together.
  private static let connectionLimit = 6
  /// Blobs that move at the same time.
  static let threadLimit = 4

  /// Blobs come in the order in which an image has them, each once.
  init(_ blobs: [Descriptor]) {
    var met: Set<Digest> = []
    let unique = blobs.filter { met.insert($0.digest).inserted }
    state = Mutex(State(waiting: unique.map { Item(blob: $0, isPostponed: false) }))
  }

  var threadCount: Int { state.withLock { min(BlobQueue.threadLimit, $0.waiting.count) } }

  /// How many connections one blob may use now.
  var connectionShare: Int {
    state.withLock { max(1, BlobQueue.connectionLimit / max(1, $0.active)) }
  }

  var hasFailed: Bool { state.withLock { $0.problem != nil } }

  /// The next blob; whoever takes one says `finish` afterwards.
  func next() -> Item? {
    state.withLock { state in
      guard state.problem == nil, !state.waiting.isEmpty else { return nil }
      state.active += 1
      return state.waiting.removeFirst()
    }
  }

  /// Puts a blob at the end, to be waited for when nothing else is left.
  func postpone(_ blob: Descriptor) {
    state.withLock { $0.waiting.append(Item(blob: blob, isPostponed: true)) }
  }

  func finish() { state.withLock { $0.active -= 1 } }

  /// Notes a failure; the first one counts.
  func fail(_ problem: TransferError) {
    state.withLock { $0.problem = $0.problem ?? problem }
  }

  /// - Throws: the first failure.
  func check() throws(TransferError) {
    if let problem = state.withLock({ $0.problem }) { throw problem }
  }
}
