import Glibc
import Synchronization

/// The user, or the machine going down, wants the program to end.
///
/// Work that leaves something behind asks between its steps, throws and so cleans up on its way out
/// like after any error.
package struct Interrupted: Error, Equatable, CustomStringConvertible {
  /// The number of the signal.
  package let signal: Int32

  package var description: String { "interrupted by signal \(signal)" }
}

/// Turns SIGINT, SIGTERM and SIGHUP into errors at places that can clean up. See: signal(7)
package enum Interruption {
  /// Replaces the signals' default actions; called once, before any other thread exists.
  package static func listen() {
    // Also makes the variable before a handler needs it.
    received.store(0, ordering: .sequentiallyConsistent)
    for signal in [SIGINT, SIGTERM, SIGHUP] {
      var action = sigaction()
      unsafe action.__sigaction_handler.sa_handler = { number in
        // An atomic store is all that is safe in a handler.
        received.store(number, ordering: .sequentiallyConsistent)
      }
      var previous = sigaction()
      unsafe sigaction(signal, nil, &previous)
      // A program started under nohup(1) keeps ignoring.
      let handler = unsafe previous.__sigaction_handler.sa_handler
      guard unsafe unsafeBitCast(handler, to: UInt.self) != ignored else { continue }
      unsafe sigaction(signal, &action, nil)
    }
  }

  /// Whether a signal has come.
  package static var isRequested: Bool { received.load(ordering: .relaxed) != 0 }

  /// - Throws: when a signal has come.
  package static func check() throws(Interrupted) {
    let number = received.load(ordering: .relaxed)
    guard number == 0 else { throw Interrupted(signal: number) }
  }

  /// Waits until a descriptor has something to read, or is at its end. See: poll(2)
  /// - Throws: when a signal comes meanwhile.
  package static func waitForInput(_ descriptor: Int32) throws(Interrupted) {
    var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    while true {
      try check()
      // Another thread may have caught the signal: look at least every tenth of a second.
      let ready = unsafe poll(&wanted, 1, 100)
      // A real error will come back from the read that follows.
      guard ready == 0 || (ready < 0 && errno == EINTR) else { return }
    }
  }

  /// Waits for a time.
  /// - Throws: when a signal comes meanwhile.
  package static func sleep(milliseconds: Int) throws(Interrupted) {
    var left = milliseconds
    while left > 0 {
      try check()
      let slice = min(left, 100)
      // A signal that ends it early has been noted by its handler.
      _ = poll(nil, 0, Int32(slice))
      left -= slice
    }
    try check()
  }

  /// Ends the program by the signal itself, so that the parent sees what happened.
  package static func die(of interrupted: Interrupted) -> Never {
    signal(interrupted.signal, SIG_DFL)
    raise(interrupted.signal)
    exit(128 + interrupted.signal)
  }
}

/// SIG_IGN, a function pointer that Swift cannot compare.
private let ignored: UInt = 1

private let received = Atomic<Int32>(0)
