import CKernel
import Glibc

/// The terminal that a standard stream may be, as a program that draws on it uses it.
///
/// See: termios(3), ioctl_tty(2).
package enum TerminalModes {
  /// What a terminal was set to, for it to be set back to.
  @safe package struct Saved: Sendable {
    fileprivate let settings: termios
  }

  /// Whether a standard stream is a terminal.
  package static func isTerminal(_ stream: CInt) -> Bool {
    isatty(stream) == 1
  }

  /// The size in characters; zeroes where the terminal does not know.
  package static func size(of stream: CInt) throws(KernelError) -> (rows: Int, columns: Int) {
    var (rows, columns): (UInt16, UInt16) = (0, 0)
    try check("ioctl", "TIOCGWINSZ") { unsafe ckernel_window_size(stream, &rows, &columns) }
    return (Int(rows), Int(columns))
  }

  /// Has keys arrive one by one and unseen; those that send signals still do.
  ///
  /// - Returns: what to give to `restore`.
  package static func readKeys(from stream: CInt) throws(KernelError) -> Saved {
    var settings = termios()
    try check("tcgetattr") { unsafe tcgetattr(stream, &settings) }
    let saved = Saved(settings: settings)
    settings.c_lflag &= ~tcflag_t(ICANON | ECHO)
    try check("tcsetattr") { unsafe tcsetattr(stream, TCSANOW, &settings) }
    return saved
  }

  /// Sets a terminal back to what it was, and drops keys that nobody has read.
  package static func restore(_ saved: Saved, of stream: CInt) throws(KernelError) {
    var settings = saved.settings
    try check("tcsetattr") { unsafe tcsetattr(stream, TCSAFLUSH, &settings) }
  }
}
