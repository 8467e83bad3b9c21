import ContentStore
import HostProcess
import ImageSpec
import Registry

/// Brings blobs from one repository into the store, several at a time.
struct BlobFetch: Sendable {
  private let place: RegistryPlace
  private let access: RegistryAccess
  private let lease: Lease
  private let progress: any TransferProgress
  /// Told of what comes, for somebody who reads it meanwhile.
  var arrivals: LayerArrivals?

  init(
    _ place: RegistryPlace,
    _ access: RegistryAccess,
    _ lease: Lease,
    _ progress: any TransferProgress,
  ) {
    self.place = place
    self.access = access
    self.lease = lease
    self.progress = progress
  }

  /// - Throws: the first failure; what is complete by then stays, and so do the parts.
  func fetch(_ blobs: [Descriptor]) throws(TransferError) {
    let queue = BlobQueue(blobs)
    guard queue.threadCount > 0 else { return }
    Workers.run(queue.threadCount) { _ in work(queue) }
    try queue.check()
  }

  private func work(_ queue: BlobQueue) {
    var client: RegistryClient?
    while let item = queue.next() {
      do throws(TransferError) {
        try checkInterruption()
        try bring(item, queue, &client)
      } catch {
        queue.fail(error)
      }
      queue.finish()
    }
  }

  /// Not if another blob has failed, and with it the image, or who reads it has given up.
  private func isWanted(_ queue: BlobQueue) -> Bool {
    !queue.hasFailed && arrivals?.isUnwanted != true
  }

  private func bring(
    _ item: BlobQueue.Item,
    _ queue: BlobQueue,
    _ client: inout RegistryClient?,
  ) throws(TransferError) {
    // What was continued from an earlier run and turns out wrong is fetched once more from the start.
    var isSecondTry = false
    while true {
      let outcome = try stored { () throws(StoreError) in
        try lease.claim(item.blob, waiting: item.isPostponed, asLongAs: { isWanted(queue) })
      }
      switch consume outcome {
      case .present:
        arrivals?.complete(item.blob.digest)
        progress.begin(item.blob, done: item.blob.size)
        progress.end(item.blob, .present)
        return
      case .busy:
        // The first failure, or the reader's, says why.
        guard !item.isPostponed else { throw .store(.missing(item.blob.digest)) }
        queue.postpone(item.blob)
        return
      case .claimed(let claim):
        let isContinued = claim.heldBytes > 0
        do throws(TransferError) {
          try download(item.blob, claim, queue, &client)
          return
        } catch .store(.wrongContent(let digest)) {
          guard isContinued, !isSecondTry else { throw .store(.wrongContent(digest)) }
          isSecondTry = true
        }
      }
    }
  }

  private func download(
    _ blob: Descriptor,
    _ claim: consuming BlobClaim,
    _ queue: BlobQueue,
    _ client: inout RegistryClient?,
  ) throws(TransferError) {
    progress.begin(blob, done: claim.heldBytes)
    if let arrivals, claim.heldBytes == 0 {
      // What an earlier run has left may be wrong, which its end shows: who reads waits for that.
      let file = try stored { () throws(StoreError) in try claim.openForReading() }
      arrivals.begin(blob.digest, file)
    }
    let sink = ClaimSink(claim, queue, progress, arrivals)
    do throws(TransferError) {
      let asked = client
      let talking = try reached { () throws(RegistryError) in
        if let asked { return asked }
        return try RegistryClient(place, access)
      }
      client = talking
      do throws(RegistryError) {
        if LayerFormat(mediaType: blob.mediaType)?.isDistributable == false {
          try talking.downloadForeignBlob(blob, into: sink) { queue.connectionShare }
        } else {
          try talking.downloadBlob(blob, into: sink) { queue.connectionShare }
        }
      } catch {
        if let problem = sink.problem { throw .store(problem) }
        throw TransferError(error)
      }
      try stored { () throws(StoreError) in try sink.commit() }
      arrivals?.complete(blob.digest)
    } catch {
      progress.end(blob, .stopped)
      throw error
    }
    progress.end(blob, .downloaded)
  }
}

/// Writes a blob into its claim, from its beginning on.
private final class ClaimSink: BlobSink {
  private(set) var position: Int64
  private(set) var problem: StoreError?
  private var claim: BlobClaim?
  private let blob: Descriptor
  private let queue: BlobQueue
  private let progress: any TransferProgress
  private let arrivals: LayerArrivals?

  init(
    _ claim: consuming BlobClaim,
    _ queue: BlobQueue,
    _ progress: any TransferProgress,
    _ arrivals: LayerArrivals?,
  ) {
    self.arrivals = arrivals
    blob = claim.descriptor
    position = claim.missing.first?.lowerBound ?? claim.descriptor.size
    self.claim = consume claim
    self.queue = queue
    self.progress = progress
  }

  func append(_ bytes: Span<UInt8>) -> Bool {
    // Another blob has failed, and with it the image: what came so far is kept.
    guard !queue.hasFailed, arrivals?.isUnwanted != true else { return false }
    do throws(StoreError) {
      try claim?.write(bytes, at: position)
    } catch {
      problem = error
      return false
    }
    position += Int64(bytes.count)
    arrivals?.advance(blob.digest, to: position)
    progress.advance(blob, by: Int64(bytes.count))
    return true
  }

  func commit() throws(StoreError) {
    guard let claim = claim.take() else { return }
    try claim.commit()
  }
}
