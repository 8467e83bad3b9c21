package import ContentStore
import HostProcess
package import ImageSpec
package import RootedFiles
import Synchronization

/// The layers of an image that is being pulled, for somebody who reads them while they come.
///
/// Nothing that is read before a blob is whole has been verified: the reader does that himself.
package final class LayerArrivals: Sendable {
  private enum Progress {
    case awaited
    /// So many bytes of the file are there.
    case growing(GrowingFile, Int64)
    case whole
    /// The file was given up for another one.
    case broken
  }

  private struct State {
    var top: Descriptor?
    var layers: [Digest: Progress] = [:]
    var hasEnded = false
    var isUnwanted = false
  }

  private let state = Mutex(State())

  /// Waiting is asking again after so long: a layer comes for seconds, not for milliseconds.
  private static let pause = 2

  package init() {}

  // MARK: The side that pulls

  /// All documents of the image are in the store; these layers will come.
  func announce(_ top: Descriptor, _ layers: [Descriptor]) {
    state.withLock { state in
      state.top = top
      for layer in layers where state.layers[layer.digest] == nil {
        state.layers[layer.digest] = .awaited
      }
    }
  }

  func begin(_ digest: Digest, _ file: consuming OwnedDescriptor) {
    let file = GrowingFile(file)
    state.withLock { state in
      switch state.layers[digest] {
      case nil: return
      case .awaited: state.layers[digest] = .growing(file, 0)
      case .growing, .whole, .broken: state.layers[digest] = .broken
      }
    }
  }

  func advance(_ digest: Digest, to position: Int64) {
    state.withLock { state in
      guard case .growing(let file, _) = state.layers[digest] else { return }
      state.layers[digest] = .growing(file, position)
    }
  }

  func complete(_ digest: Digest) {
    state.withLock { state in
      switch state.layers[digest] {
      case nil, .broken: return
      // The reader may not have opened the file yet, and needs it no more: the blob is in its place.
      case .awaited, .growing, .whole: state.layers[digest] = .whole
      }
    }
  }

  /// Nothing will come any more.
  package func end() {
    state.withLock { $0.hasEnded = true }
  }

  // MARK: The side that reads

  /// Whether the reader has given up.
  package var isUnwanted: Bool { state.withLock { $0.isUnwanted } }

  /// The reader has given up: what has come is kept.
  package func giveUp() {
    state.withLock { $0.isUnwanted = true }
  }

  /// Waits until all documents are there.
  ///
  /// - Returns: nil when the image will not come.
  package func waitForTop() -> Descriptor? {
    while true {
      let (top, hasEnded) = state.withLock { ($0.top, $0.hasEnded) }
      if let top { return top }
      guard !hasEnded, LayerArrivals.waited() else { return nil }
    }
  }

  /// Waits until a layer is there, or has begun to come.
  ///
  /// - Returns: the file that grows; nil when the blob is in the store, or is none that will come.
  /// - Throws: `missing` when it will not come any more.
  package func waitForFile(_ layer: Descriptor) throws(StoreError) -> OwnedDescriptor? {
    while true {
      let (progress, hasEnded) = state.withLock { ($0.layers[layer.digest], $0.hasEnded) }
      switch progress {
      case nil, .whole: return nil
      case .growing(let file, _):
        guard let file = file.take() else { throw .missing(layer.digest) }
        return file
      case .broken: throw .missing(layer.digest)
      case .awaited:
        guard !hasEnded, LayerArrivals.waited() else { throw .missing(layer.digest) }
      }
    }
  }

  /// Waits until there is more of a layer than was read.
  ///
  /// - Returns: false when no more will come.
  package func waitForMore(of layer: Descriptor, after position: Int64) -> Bool {
    while true {
      let (progress, hasEnded) = state.withLock { ($0.layers[layer.digest], $0.hasEnded) }
      switch progress {
      case .whole: return true
      case .growing(_, let available):
        if position < available || position >= layer.size { return true }
        guard !hasEnded, LayerArrivals.waited() else { return false }
      case nil, .awaited, .broken: return false
      }
    }
  }

  /// - Returns: false when a signal came meanwhile.
  private static func waited() -> Bool {
    do throws(Interrupted) {
      try Interruption.sleep(milliseconds: pause)
      return true
    } catch {
      return false
    }
  }
}

/// A file until its reader takes it.
private final class GrowingFile: Sendable {
  private let file: Mutex<OwnedDescriptor?>

  init(_ file: consuming OwnedDescriptor) {
    self.file = Mutex(file)
  }

  func take() -> OwnedDescriptor? {
    file.withLock { $0.take() }
  }
}
