import HostProcess

/// When to try again what failed for a while only.
///
/// Pauses double and are shortened at random, so that many clients do not come back all at once.
struct Backoff {
  private var failures = 0

  private let attempts: Int

  /// - Parameter attempts: how many there are in all.
  init(attempts: Int = 5) {
    self.attempts = attempts
  }

  private static let firstPause = 500
  private static let longestPause = 20_000
  /// What a server may ask us to wait, in seconds.
  private static let longestRetryAfter = 60

  /// Something has succeeded: count from the beginning.
  mutating func reset() { failures = 0 }

  /// Waits before the next attempt.
  ///
  /// - Parameter retryAfter: the header of that name, a number of seconds.
  /// - Returns: false when there were enough attempts.
  /// - Throws: when a signal comes meanwhile.
  mutating func pause(retryAfter: String?) throws(RegistryError) -> Bool {
    failures += 1
    guard failures < attempts else { return false }
    var pause = min(Backoff.firstPause << (failures - 1), Backoff.longestPause)
    pause = Int.random(in: pause / 2...pause)
    if let seconds = retryAfter.flatMap({ Int($0) }), seconds > 0 {
      pause = max(pause, min(seconds, Backoff.longestRetryAfter) * 1000)
    }
    do throws(Interrupted) {
      try Interruption.sleep(milliseconds: pause)
    } catch {
      throw .interrupted(error)
    }
    return true
  }
}
