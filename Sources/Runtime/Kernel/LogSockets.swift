import CKernel
import Glibc

/// Datagram sockets: those that daemons read messages from, and one to read messages at.
///
/// See: unix(7).
package enum DatagramSocket {
  /// Connects to a socket by its path, or its abstract name.
  ///
  /// - Throws: ENAMETOOLONG for a path that does not fit; EPROTOTYPE where a stream is listened for.
  package static func connect(
    _ name: String,
    isAbstract: Bool = false,
  ) throws(KernelError) -> OwnedDescriptor {
    let raw = try check("connect", name) {
      unsafe ckernel_connect_unix_datagram(name, isAbstract ? 1 : 0)
    }
    return OwnedDescriptor(adopting: raw)
  }

  /// Makes a socket in a directory of this process's own, in place of what has the name there.
  ///
  /// Everybody who finds it may send to it; reads from it never wait.
  package static func bind(
    at directory: borrowing OwnedDescriptor,
    _ name: String,
  ) throws(KernelError) -> OwnedDescriptor {
    do throws(KernelError) {
      try Directory.unlink(at: directory, name)
    } catch  where error.code == .noEntry {
      // As a rule.
    }
    // There is no bindat(2), and a path below the state directory may be too long for an address.
    let path = "/proc/self/fd/\(directory.raw)/\(name)"
    let raw = try check("bind", name) { unsafe ckernel_bind_unix_datagram(path) }
    return OwnedDescriptor(adopting: raw)
  }

  /// Takes the next datagram; one that is longer than `limit` comes empty, and descriptors that come
  /// with one are closed.
  ///
  /// - Returns: nil when there is none.
  package static func receive(
    from socket: borrowing OwnedDescriptor,
    limit: Int,
  ) throws(KernelError) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: limit)
    let number = socket.raw
    do throws(KernelError) {
      // With MSG_TRUNC the result is the datagram's length; without room for them recv(2) leaves
      // descriptors to the kernel.
      let count = try check("recv") {
        unsafe bytes.withUnsafeMutableBytes {
          unsafe recv(
            number,
            $0.baseAddress,
            $0.count,
            CInt(MSG_DONTWAIT | MSG_TRUNC)
          )
        }
      }
      return count > limit ? [] : Array(bytes.prefix(count))
    } catch  where error.code == .wouldBlock {
      return nil
    }
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
