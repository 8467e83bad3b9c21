import Glibc

/// A thread that runs one closure.
///
/// See: pthreads(7).
@safe
final class WorkerThread {
  private final class Body {
    let run: () -> Void

    init(_ run: @escaping () -> Void) {
      self.run = run
    }
  }

  private let thread: pthread_t
  private var hasJoined = false

  /// - Throws: when the machine has no thread left.
  init(_ run: @escaping () -> Void) throws(CodecError) {
    let body = unsafe Unmanaged.passRetained(Body(run))
    var thread = pthread_t()
    let failure = unsafe pthread_create(
      &thread,
      nil,
      { argument in
        guard let argument = unsafe argument else { return nil }
        unsafe Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
        return nil
      },
      body.toOpaque(),
    )
    guard failure == 0 else {
      unsafe body.release()
      throw .noResources
    }
    self.thread = thread
  }

  /// Waits until the closure has returned; the second time does nothing.
  func join() {
    guard !hasJoined else { return }
    hasJoined = true
    _ = pthread_join(thread, nil)
  }
}

/// A counter to wait on. See: sem_overview(7)
@safe
final class Semaphore {
  private let semaphore: UnsafeMutablePointer<sem_t>

  init(value: Int) {
    unsafe semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
    let result = unsafe sem_init(semaphore, 0, UInt32(value))
    precondition(result == 0, "a semaphore within this process cannot fail")
  }

  deinit {
    unsafe sem_destroy(semaphore)
    unsafe semaphore.deallocate()
  }

  func wait() {
    // Only a signal interrupts it.
    while unsafe sem_wait(semaphore) != 0 { continue }
  }

  func signal() {
    unsafe sem_post(semaphore)
  }
}
