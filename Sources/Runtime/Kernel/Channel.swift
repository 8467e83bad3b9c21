import CKernel
import Glibc

/// One end of a pair of connected SOCK_SEQPACKET sockets: the kernel keeps the frames apart.
///
/// See: socketpair(2), unix(7).
package struct Channel: ~Copyable {
  package let descriptor: OwnedDescriptor

  package init(adopting descriptor: consuming OwnedDescriptor) {
    self.descriptor = descriptor
  }

  /// Gives the descriptor's number away: whoever takes it closes it.
  package consuming func release() -> CInt { descriptor.release() }

  /// The longest frame, in bytes; a longer one is an error at the sender.
  package static let longestFrame = 4096

  /// Both ends of a new pair.
  package static func pair() throws(KernelError) -> ChannelPair {
    var ends: (CInt, CInt) = (-1, -1)
    try check("socketpair") {
      unsafe withUnsafeMutableBytes(of: &ends) { buffer in
        unsafe buffer.withMemoryRebound(to: CInt.self) {
          unsafe socketpair(
            AF_UNIX,
            CInt(SOCK_SEQPACKET.rawValue | SOCK_CLOEXEC.rawValue),
            0,
            $0.baseAddress
          )
        }
      }
    }
    return ChannelPair(
      first: Channel(adopting: OwnedDescriptor(adopting: ends.0)),
      second: Channel(adopting: OwnedDescriptor(adopting: ends.1))
    )
  }

  /// Sends one frame, and a descriptor with it if one is given.
  package func send(_ frame: [UInt8], descriptor passed: CInt? = nil) throws(KernelError) {
    try check("sendmsg", "\(frame.count) bytes") {
      unsafe frame.withUnsafeBytes {
        unsafe ckernel_send(descriptor.raw, $0.baseAddress, UInt($0.count), passed ?? -1)
      }
    }
  }

  /// Waits for one frame; an empty one means that the other end is closed.
  ///
  /// A peer that ended with a frame of ours unread is first reported as ECONNRESET, ahead of what it
  /// had sent before: its last words come with the next call.
  package func receive() throws(KernelError) -> [UInt8] {
    var wasHeard = true
    return try receive(hearing: &wasHeard)
  }

  /// As `receive()`; `wasHeard` becomes false when the peer ended with a frame of ours unread.
  package func receive(hearing wasHeard: inout Bool) throws(KernelError) -> [UInt8] {
    do throws(KernelError) {
      return try receiveOnce()
    } catch  where error.code == .connectionReset {
      wasHeard = false
      return try receiveOnce()
    }
  }

  /// Waits for one frame and the descriptor that comes with it, if any.
  package func receiveWithDescriptor() throws(KernelError) -> ReceivedFrame {
    var passed: CInt = -1
    let bytes = try receiveOnce(&passed)
    return ReceivedFrame(bytes: bytes, descriptor: passed)
  }

  private func receiveOnce() throws(KernelError) -> [UInt8] {
    var passed: CInt = -1
    let frame = try receiveOnce(&passed)
    // Nobody on this channel sends descriptors: what came is not kept open.
    if passed >= 0 { _ = OwnedDescriptor(adopting: passed) }
    return frame
  }

  private func receiveOnce(_ passed: inout CInt) throws(KernelError) -> [UInt8] {
    var received: CInt = -1
    var failure: KernelError?
    let frame = unsafe [UInt8](unsafeUninitializedCapacity: Self.longestFrame) { buffer, filled in
      do throws(KernelError) {
        filled = try check("recvmsg") {
          unsafe ckernel_receive(descriptor.raw, buffer.baseAddress, UInt(buffer.count), &received)
        }
      } catch {
        failure = error
        filled = 0
      }
    }
    passed = received
    if let failure { throw failure }
    return frame
  }
}

/// One frame, and the descriptor that came with it.
package struct ReceivedFrame: ~Copyable {
  package let bytes: [UInt8]
  private let descriptor: OwnedDescriptor?

  fileprivate init(bytes: [UInt8], descriptor: CInt) {
    self.bytes = bytes
    self.descriptor = descriptor < 0 ? nil : OwnedDescriptor(adopting: descriptor)
  }

  /// The descriptor alone.
  package consuming func takeDescriptor() -> OwnedDescriptor? { descriptor }
}

/// The two ends of a new channel.
package struct ChannelPair: ~Copyable {
  package let first: Channel
  package let second: Channel

  /// The first end alone; the other one is closed.
  package consuming func keepFirst() -> Channel { first }

  /// The second end alone; the other one is closed.
  package consuming func keepSecond() -> Channel { second }

  /// The descriptors of both ends.
  package consuming func descriptors() -> DescriptorPair {
    DescriptorPair(first: first.descriptor, second: second.descriptor)
  }
}

/// Two descriptors that belong together.
package struct DescriptorPair: ~Copyable {
  package var first: OwnedDescriptor?
  package var second: OwnedDescriptor?

  init(first: consuming OwnedDescriptor, second: consuming OwnedDescriptor) {
    self.first = consume first
    self.second = consume second
  }
}

/// Connections to sockets that the caller of swrun listens on.
package enum UnixSocket {
  /// Takes a descriptor that was sent with a few bytes; nil when none was.
  package static func receiveDescriptor(
    over socket: borrowing OwnedDescriptor,
  ) throws(KernelError) -> OwnedDescriptor? {
    var bytes: [UInt8] = .init(repeating: 0, count: 256)
    var passed: CInt = -1
    let from = socket.raw
    try check("recvmsg") {
      unsafe bytes.withUnsafeMutableBytes {
        unsafe ckernel_receive(from, $0.baseAddress, UInt($0.count), &passed)
      }
    }
    return passed < 0 ? nil : OwnedDescriptor(adopting: passed)
  }

  /// Connects to a stream socket by its path or its abstract name, with a limit on how long this
  /// call, and each write later on, may take.
  ///
  /// - Throws: EAGAIN when the time is over, ENAMETOOLONG for a path over 107 bytes, and what
  ///   connect(2) says.
  package static func connect(
    _ name: String,
    isAbstract: Bool,
    withinMilliseconds limit: Int32,
  ) throws(KernelError) -> OwnedDescriptor {
    let raw = try check("connect", name) {
      unsafe ckernel_connect_unix_within(name, isAbstract ? 1 : 0, limit)
    }
    return OwnedDescriptor(adopting: raw)
  }

  /// Sends a descriptor with a few bytes.
  package static func send(
    _ descriptor: borrowing OwnedDescriptor,
    with bytes: [UInt8],
    over socket: borrowing OwnedDescriptor,
  ) throws(KernelError) {
    let (to, passed) = (socket.raw, descriptor.raw)
    try check("sendmsg") {
      unsafe bytes.withUnsafeBytes {
        unsafe ckernel_send(to, $0.baseAddress, UInt($0.count), passed)
      }
    }
  }
}
