import Glibc

/// Reads what a user types, be it something that must not be seen.
package enum SecretInput {
  /// One line of standard input.
  ///
  /// - Parameter isEchoed: whether a terminal shows what is typed.
  /// - Returns: nil at the end of the input, or when a signal has come.
  package static func line(isEchoed: Bool) -> String? {
    var terminal = termios()
    let isTerminal = unsafe !isEchoed && isatty(0) == 1 && tcgetattr(0, &terminal) == 0
    if isTerminal {
      var silent = terminal
      silent.c_lflag &= ~tcflag_t(ECHO)
      unsafe tcsetattr(0, TCSAFLUSH, &silent)
    }
    defer { if isTerminal { unsafe tcsetattr(0, TCSAFLUSH, &terminal) } }
    var bytes: [UInt8] = []
    while bytes.count < 64 << 10 {
      do throws(Interrupted) {
        try Interruption.waitForInput(0)
      } catch {
        return nil
      }
      var byte: UInt8 = 0
      let count = unsafe read(0, &byte, 1)
      if count == -1, errno == EINTR { continue }
      guard count == 1 else { break }
      guard byte != UInt8(ascii: "\n") else { return String(decoding: bytes, as: UTF8.self) }
      bytes.append(byte)
    }
    return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
  }
}
