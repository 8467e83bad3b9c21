import Glibc

/// Threads that share a piece of work.
package enum Workers {
  /// Runs a body on several threads at once, the caller's among them, and waits for all of them.
  ///
  /// Where the machine has no thread left, fewer do the same work.
  /// - Parameters:
  ///   - count: how many threads.
  ///   - body: is given the thread's number, from 0.
  package static func run(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    var threads: [pthread_t] = []
    for number in 1..<max(1, count) {
      let context = unsafe Unmanaged.passRetained(Job { body(number) })
      var thread = pthread_t()
      let failure = unsafe pthread_create(&thread, nil, runJob, context.toOpaque())
      guard failure == 0 else {
        unsafe context.release()
        break
      }
      threads.append(thread)
    }
    body(0)
    for thread in threads { pthread_join(thread, nil) }
  }
}

private final class Job {
  let run: @Sendable () -> Void

  init(_ run: @escaping @Sendable () -> Void) {
    self.run = run
  }
}

// See: pthread_create(3)
private func runJob(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let context = unsafe context else { return nil }
  unsafe Unmanaged<Job>.fromOpaque(context).takeRetainedValue().run()
  return nil
}
