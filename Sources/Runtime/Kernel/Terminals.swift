import CKernel
import Glibc

/// The calls behind a pseudoterminal.
///
/// See: pts(4), ioctl_tty(2).
package enum PseudoTerminal {
  /// Makes the slave of a new master usable.
  package static func unlock(_ master: borrowing OwnedDescriptor) throws(KernelError) {
    let raw = master.raw
    try check("ioctl", "TIOCSPTLCK") { ckernel_unlock_terminal(raw) }
  }

  /// The slave of a master, opened without a path.
  ///
  /// No name can be swapped under it (CVE-2025-52565). TIOCGPTPEER is there since Linux 4.13.
  package static func openPeer(
    of master: borrowing OwnedDescriptor,
  ) throws(KernelError) -> OwnedDescriptor {
    let raw = master.raw
    return OwnedDescriptor(
      adopting: try check("ioctl", "TIOCGPTPEER") {
        ckernel_open_terminal_peer(raw, O_RDWR | O_NOCTTY | O_CLOEXEC)
      }
    )
  }

  /// Sets the size, in characters.
  package static func setSize(
    of terminal: borrowing OwnedDescriptor,
    rows: UInt16,
    columns: UInt16,
  ) throws(KernelError) {
    let raw = terminal.raw
    try check("ioctl", "TIOCSWINSZ") { ckernel_set_window_size(raw, rows, columns) }
  }

  /// Makes a terminal the controlling one of this session.
  package static func makeControlling(
    _ terminal: borrowing OwnedDescriptor,
  ) throws(KernelError) {
    let raw = terminal.raw
    try check("ioctl", "TIOCSCTTY") { ckernel_set_controlling_terminal(raw) }
  }
}

/// The settings of a terminal: how it treats what is typed and shown.
///
/// See: termios(3).
package struct TerminalSettings: Sendable {
  private var raw: termios

  /// The settings that a terminal has now; nil of what is no terminal.
  package init?(of number: CInt) {
    var settings = termios()
    guard unsafe tcgetattr(number, &settings) == 0 else { return nil }
    raw = settings
  }

  /// The same, with every byte passed on as it is.
  package var passingEverything: TerminalSettings {
    var copy = self
    unsafe cfmakeraw(&copy.raw)
    return copy
  }

  /// The same, with keys passed on one by one and not shown; those that send signals still do.
  package var passingKeys: TerminalSettings {
    var copy = self
    copy.raw.c_lflag &= ~tcflag_t(ICANON | ECHO)
    return copy
  }

  /// Makes a terminal have these settings; one that has been hung up needs none.
  package func set(on number: CInt) throws(KernelError) {
    try set(on: number, TCSANOW)
  }

  /// Makes a terminal have these settings again, and drops keys that nobody has read.
  package func restore(on number: CInt) throws(KernelError) {
    try set(on: number, TCSAFLUSH)
  }

  private func set(on number: CInt, _ moment: CInt) throws(KernelError) {
    var settings = raw
    do throws(KernelError) {
      try check("tcsetattr", "\(number)") { unsafe tcsetattr(number, moment, &settings) }
    } catch  where error.code == .inputOutput {
      // SIGHUP tells of it, and SIGCONT comes with that.
    }
  }
}

extension PseudoTerminal {
  /// The size of a terminal in characters; nil where it has none, or is no terminal.
  package static func size(of number: CInt) -> (rows: UInt16, columns: UInt16)? {
    var (rows, columns): (UInt16, UInt16) = (0, 0)
    guard unsafe ckernel_window_size(number, &rows, &columns) == 0, rows > 0, columns > 0 else {
      return nil
    }
    return (rows, columns)
  }
}

/// Whose turn it is at a terminal that several jobs of a shell share.
///
/// See: credentials(7), "Sessions"; tcsetpgrp(3).
package enum JobControl {
  /// Waits until this process's group is the terminal's foreground, stopped meanwhile together with
  /// its group, as everybody is who changes a terminal from the background.
  ///
  /// - Returns: false where nobody would ever continue it, so that it must leave the terminal alone;
  ///   true also of a terminal that is not the one of this session, and of what is no terminal.
  package static func awaitForeground(of terminal: CInt) throws(KernelError) -> Bool {
    guard isInBackground(of: terminal) else { return true }
    var background = sigset_t()
    unsafe sigemptyset(&background)
    unsafe sigaddset(&background, SIGTTOU)
    var held = sigset_t()
    try check("sigprocmask") { unsafe sigprocmask(SIG_UNBLOCK, &background, &held) }
    let before = signal(SIGTTOU, SIG_DFL)
    defer {
      signal(SIGTTOU, before)
      unsafe sigprocmask(SIG_SETMASK, &held, nil)
    }
    do throws(KernelError) {
      // From the background it stops us, from the foreground it changes nothing.
      try check("tcsetpgrp") { tcsetpgrp(terminal, getpgrp()) }
      return true
    } catch  where error.code == .inputOutput {
      return false
    } catch  where error.code == .notTerminal {
      return true
    }
  }

  /// Whether another group has the terminal.
  package static func isInBackground(of terminal: CInt) -> Bool {
    let foreground = tcgetpgrp(terminal)
    return foreground > 0 && foreground != getpgrp()
  }
}
