import Glibc

extension Interruption {
  /// Does nothing for a while. See: poll(2)
  /// - Throws: when a signal has come or comes meanwhile.
  package static func pause(milliseconds: Int32) throws(Interrupted) {
    try check()
    _ = poll(nil, 0, milliseconds)
    try check()
  }
}
