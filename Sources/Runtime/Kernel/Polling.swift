import CKernel
import Glibc

/// What can be waited for on a descriptor, and what has come.
package struct PollEvents: OptionSet, Sendable {
  package let rawValue: Int16

  package init(rawValue: Int16) {
    self.rawValue = rawValue
  }

  package static let readable = PollEvents(rawValue: Int16(POLLIN))
  /// See: cgroup-v2.rst, "cgroup.events": POLLPRI.
  package static let changed = PollEvents(rawValue: Int16(POLLPRI))
  package static let writable = PollEvents(rawValue: Int16(POLLOUT))
  /// Comes unasked: nobody is at the other end, or the descriptor is unusable.
  package static let ended = PollEvents(rawValue: Int16(POLLERR | POLLHUP | POLLNVAL))
}

/// One descriptor to wait for, by its number.
package struct PollRequest: Sendable {
  package let number: CInt
  package let wanted: PollEvents
  package fileprivate(set) var happened: PollEvents = []

  package init(_ number: CInt, _ wanted: PollEvents) {
    self.number = number
    self.wanted = wanted
  }
}

/// Waits until something that is wanted happens on one of several descriptors.
///
/// See: poll(2); -1 milliseconds wait for ever.
package func poll(_ requests: inout [PollRequest], milliseconds: Int32) throws(KernelError) {
  var list: [pollfd] = []
  for request in requests {
    list.append(pollfd(fd: request.number, events: request.wanted.rawValue, revents: 0))
  }
  try check("poll") {
    unsafe list.withUnsafeMutableBufferPointer {
      unsafe Glibc.poll($0.baseAddress, nfds_t($0.count), milliseconds)
    }
  }
  for index in requests.indices {
    requests[index].happened = PollEvents(rawValue: list[index].revents)
  }
}

extension DescriptorTable {
  /// Waits until something happens on one of several descriptors.
  ///
  /// - Returns: for each whether it did, errors and hang-ups included; all false when `milliseconds`
  ///   went by first, or a signal came.
  package static func wait(
    for requests: [PollRequest],
    milliseconds: Int32,
  ) throws(KernelError) -> [Bool] {
    var requests = requests
    try poll(&requests, milliseconds: milliseconds)
    return requests.map { !$0.happened.isEmpty }
  }
}

extension OwnedDescriptor {
  /// Makes reads and writes of the open file return at once; whoever shares it is affected too.
  package func setNonblocking() throws(KernelError) {
    try check("fcntl", "O_NONBLOCK") { ckernel_set_nonblocking(raw) }
  }

  /// How many bytes have been written to a pipe or fifo, and not been read.
  ///
  /// See: FIONREAD in ioctl(2).
  package func unreadCount() throws(KernelError) -> Int {
    var count: CInt = 0
    try check("ioctl", "FIONREAD") { unsafe ckernel_unread(raw, &count) }
    return Int(count)
  }

  /// Reads what is there; nil when there is nothing yet, and no bytes at the end of the file.
  package func readAvailable(upTo count: Int) throws(KernelError) -> [UInt8]? {
    do throws(KernelError) {
      return try read(upTo: count)
    } catch  where error.code == .wouldBlock {
      return nil
    }
  }

  /// Writes what there is room for.
  ///
  /// - Returns: the number of bytes written; 0 when there is no room.
  package func writeAvailable(_ bytes: ArraySlice<UInt8>) throws(KernelError) -> Int {
    do throws(KernelError) {
      return try check("write") {
        unsafe bytes.withUnsafeBytes { unsafe write(raw, $0.baseAddress, $0.count) }
      }
    } catch  where error.code == .wouldBlock {
      return 0
    }
  }
}
