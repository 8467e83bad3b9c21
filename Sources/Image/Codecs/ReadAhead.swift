import Synchronization

/// Decodes on a second thread, a few chunks ahead of the one that uses them.
///
/// Decompressing and hashing a blob costs about as much as writing its files, so with two processors
/// the one hides behind the other. Letting go of it stops the thread.
package struct ReadAhead<Input: ByteInput & ~Copyable>: ~Copyable {
  private let worker: Worker<Input>
  private let thread: WorkerThread

  /// - Throws: when no thread can be started.
  package init(_ stream: consuming DecodedStream<Input>) throws(CodecError) {
    let worker = Worker(stream)
    self.worker = worker
    thread = try WorkerThread { worker.run() }
  }

  deinit {
    worker.cancel()
    thread.join()
  }

  /// Takes back a used chunk, or an empty array at first, and waits for the next chunk.
  ///
  /// - Returns: how many bytes there are, 0 at the end of the input.
  /// - Throws: what the stream throws, after all chunks that came before.
  package func next(
    into chunk: inout [UInt8]
  ) throws(StreamError<Input.Failure>) -> Int {
    try worker.exchange(&chunk)
  }

  /// Stops the thread and gives the input back, for what it learned on the way.
  ///
  /// - Returns: nil when it was given back before.
  package mutating func finish() -> Input? {
    worker.cancel()
    thread.join()
    return worker.takeInput()
  }
}

/// What the two threads share.
private final class Worker<Input: ByteInput & ~Copyable> {
  private enum Outcome {
    case chunk([UInt8], count: Int)
    case failure(StreamError<Input.Failure>)
  }

  private struct Exchange {
    var ready: [Outcome] = []
    var spare: [[UInt8]]
    var isCancelled = false
  }

  /// Two in flight and one in use keep both sides busy.
  private static var chunkCount: Int { 4 }

  private let exchange: Mutex<Exchange>
  private let spareChunks = Semaphore(value: Worker.chunkCount)
  private let readyChunks = Semaphore(value: 0)
  /// Touched by the thread while it runs, by the owner before and after.
  private var stream: DecodedStream<Input>?
  /// Touched by the owner only.
  private var hasEnded = false

  init(_ stream: consuming DecodedStream<Input>) {
    self.stream = consume stream
    let chunk = [UInt8](repeating: 0, count: DecodedStream<Input>.chunkSize)
    exchange = Mutex(Exchange(spare: Array(repeating: chunk, count: Worker.chunkCount)))
  }

  func run() {
    while true {
      spareChunks.wait()
      let taken = exchange.withLock { $0.isCancelled ? nil : $0.spare.popLast() }
      guard var chunk = taken else { return }
      let outcome = decode(into: &chunk)
      chunk = []
      let isLast: Bool
      if case .chunk(_, let count) = outcome { isLast = count == 0 } else { isLast = true }
      exchange.withLock { $0.ready.append(outcome) }
      readyChunks.signal()
      if isLast { return }
    }
  }

  func exchange(_ chunk: inout [UInt8]) throws(StreamError<Input.Failure>) -> Int {
    guard !hasEnded else { return 0 }
    if !chunk.isEmpty {
      let used = chunk
      chunk = []
      exchange.withLock { $0.spare.append(used) }
      spareChunks.signal()
    }
    readyChunks.wait()
    switch exchange.withLock({ $0.ready.removeFirst() }) {
    case .chunk(let bytes, let count):
      chunk = bytes
      hasEnded = count == 0
      return count
    case .failure(let failure):
      hasEnded = true
      throw failure
    }
  }

  func cancel() {
    exchange.withLock { $0.isCancelled = true }
    spareChunks.signal()
  }

  func takeInput() -> Input? {
    guard let stream = stream.take() else { return nil }
    return stream.finish()
  }

  private func decode(into chunk: inout [UInt8]) -> Outcome {
    do throws(StreamError<Input.Failure>) {
      let count = try stream?.next(into: &chunk) ?? 0
      return .chunk(chunk, count: count)
    } catch {
      return .failure(error)
    }
  }
}
