import CKernel
import Glibc

/// Datagram sockets that daemons read messages from.
///
/// See: unix(7).
package enum DatagramSocket {
  /// Connects to a socket by its path.
  ///
  /// - Throws: ENAMETOOLONG for a path that does not fit; EPROTOTYPE where a stream is listened for.
  package static func connect(_ path: String) throws(KernelError) -> OwnedDescriptor {
    OwnedDescriptor(
      adopting: try check("connect", path) { unsafe ckernel_connect_unix_datagram(path) }
    )
  }

  /// Sends one datagram; a reader that is behind is waited for.
  package static func send(
    _ bytes: [UInt8],
    over socket: borrowing OwnedDescriptor,
  ) throws(KernelError) {
    let number = socket.raw
    try check("send", "\(bytes.count) bytes") {
      unsafe bytes.withUnsafeBytes {
        unsafe Glibc.send(number, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
      }
    }
  }
}

extension Clock {
  /// The time of day where this machine is, as messages for syslog begin: `Nov 21 08:05:00`.
  ///
  /// See: syslog(3), RFC 3164.
  package static var syslogTime: String {
    var time = now.seconds
    var parts = unsafe tm()
    unsafe localtime_r(&time, &parts)
    var text = [CChar](repeating: 0, count: 32)
    let length = unsafe strftime(&text, text.count, "%b %e %H:%M:%S", &parts)
    return String(decoding: text.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
