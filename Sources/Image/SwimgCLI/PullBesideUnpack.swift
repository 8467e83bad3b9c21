import ContentStore
import HostProcess
import ImageSpec
import Layers
import Registry
import Synchronization
import Transfer
import Unpack

/// A pull and an unpack of the same image, on two threads.
final class PullBesideUnpack: Sendable {
  enum Outcome {
    /// With the unpack's warnings.
    case done([String])
    case pullFailed(TransferError)
    case unpackFailed(UnpackError)
    /// The image is in the store; what was read of it on the way was of no use.
    case notUnpacked
  }

  private struct Results {
    var pull: Result<PulledImage, TransferError>?
    var unpack: Result<[String], UnpackError>?
  }

  private let pulling: PullRequest
  private let access: RegistryAccess
  private let unpacking: UnpackRequest
  private let store: ContentStore
  private let arrivals: LayerArrivals
  private let results = Mutex(Results())

  init(
    _ pulling: PullRequest,
    _ access: RegistryAccess,
    _ unpacking: UnpackRequest,
    _ store: ContentStore,
    _ arrivals: LayerArrivals,
  ) {
    self.pulling = pulling
    self.access = access
    self.unpacking = unpacking
    self.store = store
    self.arrivals = arrivals
  }

  func run() -> Outcome {
    // Where there is no second thread to be had, the first one pulls.
    Workers.run(2) { [self] number in number == 0 ? pull() : unpack() }
    return results.withLock { results in
      switch (results.pull, results.unpack) {
      case (.success, .success(let warnings)): .done(warnings)
      case (.failure, .failure(let error)) where arrivals.isUnwanted && !error.isOfReading:
        .unpackFailed(error)
      case (.failure(let error), _): .pullFailed(error)
      case (_, .failure(let error)) where !error.isOfReading: .unpackFailed(error)
      case (_, _): .notUnpacked
      }
    }
  }

  private func pull() {
    do throws(TransferError) {
      let pulled = try Transfer.pull(pulling, access, into: store)
      results.withLock { $0.pull = .success(pulled) }
    } catch {
      results.withLock { $0.pull = .failure(error) }
    }
    arrivals.end()
  }

  private func unpack() {
    guard let top = arrivals.waitForTop() else { return }
    var request = unpacking
    let arrivals = arrivals
    request.arriving = ArrivingImage(
      top: top,
      file: { (layer) throws(StoreError) in try arrivals.waitForFile(layer) },
      waitForMore: { layer, position in arrivals.waitForMore(of: layer, after: position) },
    )
    do throws(UnpackError) {
      let warnings = try Unpack.unpack(request, from: store)
      results.withLock { $0.unpack = .success(warnings) }
    } catch {
      results.withLock { $0.unpack = .failure(error) }
      // What comes of the image is kept, but need not come now.
      if !error.isOfReading { arrivals.giveUp() }
    }
  }
}

extension UnpackError {
  /// Whether a layer could not be read while it came, which may be the transfer's fault alone.
  fileprivate var isOfReading: Bool {
    switch self {
    case .store(.missing): true
    case .layer(let error):
      switch error.problem {
      case .stopped, .blobUnreadable, .wrongSize, .wrongDigest: true
      default: false
      }
    default: false
    }
  }
}
