import CKernel
import Glibc

/// The set of signals that a process holds back, as the kernel has it: bit n-1 for signal n.
package struct SignalMask: Equatable, Sendable {
  package let bits: UInt64

  package init(bits: UInt64) {
    self.bits = bits
  }

  /// All that can be held back.
  package static let all = SignalMask(bits: ~0)
}

package enum Signals {
  /// Holds back a set of signals.
  ///
  /// - Returns: the set that was held back before.
  @discardableResult
  package static func block(_ mask: SignalMask) throws(KernelError) -> SignalMask {
    var new = sigset_t()
    var old = sigset_t()
    unsafe withUnsafeMutableBytes(of: &new) {
      unsafe $0.storeBytes(of: mask.bits, as: UInt64.self)
    }
    try check("sigprocmask") { unsafe sigprocmask(SIG_SETMASK, &new, &old) }
    return SignalMask(
      bits: unsafe withUnsafeBytes(of: &old) { unsafe $0.load(as: UInt64.self) }
    )
  }

  /// Whether a signal that comes to a runtime in the foreground is meant for the container: all but
  /// the news of children and those of the runtime's own doing.
  package static func isForwarded(_ signal: Int32) -> Bool {
    signal != SIGCHLD && signal != SIGPIPE && signal != SIGURG
  }

  /// What a signal is about to somebody who is joined to a terminal.
  package enum Meaning: Equatable, Sendable {
    /// The terminal has another size.
    case resized
    /// Somebody wants this process to stop.
    case stop
    /// This process was stopped and goes on.
    case resumed
    /// Somebody wants an end of this process.
    case end
    case other
  }

  /// What a signal is about.
  package static func meaning(of signal: Int32) -> Meaning {
    switch signal {
    case SIGWINCH: .resized
    case SIGTSTP, SIGTTIN, SIGTTOU: .stop
    case SIGCONT: .resumed
    case SIGTERM, SIGINT, SIGHUP, SIGQUIT: .end
    default: .other
    }
  }

  /// A descriptor that yields every signal as it arrives; they must be held back first.
  ///
  /// See: signalfd(2).
  package static func descriptor() throws(KernelError) -> OwnedDescriptor {
    var mask = sigset_t()
    unsafe withUnsafeMutableBytes(of: &mask) {
      unsafe $0.storeBytes(of: ~0, as: UInt64.self)
    }
    let raw = try check("signalfd") { unsafe signalfd(-1, &mask, CInt(SFD_CLOEXEC)) }
    return OwnedDescriptor(adopting: raw)
  }

  /// Waits for the next signal.
  package static func next(from source: borrowing OwnedDescriptor) throws(KernelError) -> Int32 {
    var info = signalfd_siginfo()
    let number = source.raw
    try check("read", "signalfd") {
      unsafe withUnsafeMutableBytes(of: &info) { unsafe read(number, $0.baseAddress, $0.count) }
    }
    return Int32(info.ssi_signo)
  }

  /// Sets for this process what the caller may have left otherwise.
  ///
  /// A pipe that nobody reads must be an error of the write, and not the end of a creator with half a
  /// container; and of children whose end is ignored nobody learns the status.
  package static func settleActions() {
    signal(SIGPIPE, SIG_IGN)
    signal(SIGCHLD, SIG_DFL)
  }

  /// Lets SIGTERM, SIGINT, SIGHUP and SIGQUIT make the system call at hand fail with EINTR, once, so
  /// that what has been made can be taken back; a second one ends this process.
  package static func interruptAtEnd() throws(KernelError) {
    try check("sigaction") { ckernel_note_interruptions() }
  }

  /// Sets every signal back to what it does by default, as a hook or container expects it.
  package static func resetActions() {
    for number in 1...64 where number != SIGKILL && number != SIGSTOP {
      // EINVAL for the two that the C library keeps for itself: nothing to reset there.
      signal(CInt(number), SIG_DFL)
    }
  }

  /// The number of a signal given as a number or a name, with or without `SIG`; nil for no such one.
  package static func number(of text: String) -> Int32? {
    if let number = Int32(text) { return (0...64).contains(number) ? number : nil }
    let upper = text.uppercased()
    let name = upper.hasPrefix("SIG") ? String(upper.dropFirst(3)) : upper
    if name == "IOT" { return SIGABRT }
    if name == "CLD" { return SIGCHLD }
    // signal(7) has both names for one number, and the C library knows one of them.
    if name == "POLL" || name == "IO" { return SIGIO }
    for number in 1...CInt(31) {
      guard let known = unsafe sigabbrev_np(number) else { continue }
      if unsafe String(cString: known) == name { return number }
    }
    return realTimeNumber(name)
  }

  private static func realTimeNumber(_ name: String) -> Int32? {
    // RTMIN is 34 for every program of the GNU C library: signal(7).
    if name == "RTMIN" { return 34 }
    if name == "RTMAX" { return 64 }
    if name.hasPrefix("RTMIN+"), let offset = Int32(name.dropFirst(6)), (0...30).contains(offset) {
      return 34 + offset
    }
    if name.hasPrefix("RTMAX-"), let offset = Int32(name.dropFirst(6)), (0...30).contains(offset) {
      return 64 - offset
    }
    return nil
  }
}

package enum Clock {
  /// A clock that no one sets, in milliseconds.
  package static var monotonicMilliseconds: Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }

  /// The time of day, UTC: seconds since 1970 and nanoseconds.
  package static var now: (seconds: Int, nanoseconds: Int) {
    var time = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return (time.tv_sec, time.tv_nsec)
  }

  /// A moment as RFC 3339 has it, in UTC, with nanoseconds.
  package static func rfc3339(seconds: Int, nanoseconds: Int) -> String {
    var time = seconds
    var parts = unsafe tm()
    unsafe gmtime_r(&time, &parts)
    func digits(_ value: some BinaryInteger, _ count: Int) -> String {
      let text = String(value)
      return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
    }
    let (year, month, day) = unsafe (parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday)
    let (hour, minute, second) = unsafe (parts.tm_hour, parts.tm_min, parts.tm_sec)
    let date = "\(digits(year, 4))-\(digits(month, 2))-\(digits(day, 2))"
    let clock = "\(digits(hour, 2)):\(digits(minute, 2)):\(digits(second, 2))"
    return "\(date)T\(clock).\(digits(nanoseconds, 9))Z"
  }
}

extension OwnedDescriptor {
  /// Waits until something happens.
  ///
  /// - Returns: false when `milliseconds` have gone by first; -1 waits for ever.
  package func wait(for wanted: PollEvents, milliseconds: Int32) throws(KernelError) -> Bool {
    var requests = [PollRequest(raw, wanted)]
    try poll(&requests, milliseconds: milliseconds)
    return !requests[0].happened.isEmpty
  }
}

extension Clock {
  /// Sleeps, for want of an event to wait for.
  package static func pause(milliseconds: UInt32) {
    usleep(milliseconds * 1000)
  }
}
