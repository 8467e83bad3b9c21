import CKernel
import Glibc

/// The table of descriptors of this process.
package enum DescriptorTable {
  /// Makes sure that 0, 1 and 2 are open, so that no file of ours can come to be one of them.
  package static func openStandardStreams() throws(KernelError) {
    for number in CInt(0)...2 where !isOpen(number) {
      // The lowest free number is taken: this very one.
      let opened = try open("/dev/null", number == 0 ? [.readOnly] : [.writeOnly])
      try opened.setCloseOnExec(false)
      _ = opened.release()
    }
  }

  /// Whether a number stands for an open file.
  package static func isOpen(_ number: CInt) -> Bool {
    ckernel_is_open(number) != 0
  }

  /// Marks every descriptor from a number on as close-on-exec.
  ///
  /// See: close_range(2), CLOSE_RANGE_CLOEXEC since Linux 5.11.
  package static func closeOnExec(from first: UInt32) throws(KernelError) {
    try check("close_range") { ckernel_close_range_on_exec(first) }
  }

  /// Closes every descriptor from a number on but some, whoever owns it: only for a process that goes
  /// on with nothing but those.
  ///
  /// See: close_range(2).
  package static func close(
    from first: UInt32,
    keeping kept: [CInt] = [],
  ) throws(KernelError) {
    var first = first
    for number in kept.map(UInt32.init).sorted() where number >= first {
      if number > first {
        try check("close_range") { ckernel_close_range(first, number - 1) }
      }
      first = number + 1
    }
    try check("close_range") { ckernel_close_range(first, .max) }
  }

  /// Lets the next program have a range of numbers that the caller asked to preserve.
  package static func inherit(_ range: Range<CInt>) throws(KernelError) {
    for number in range {
      try check("fcntl", "\(number)") { ckernel_set_close_on_exec(number, 0) }
    }
  }

  /// Makes an open file be one of the standard streams too.
  package static func duplicate(
    _ descriptor: borrowing OwnedDescriptor,
    onto number: CInt,
  ) throws(KernelError) {
    let raw = descriptor.raw
    try check("dup2", "\(number)") { dup2(raw, number) }
  }

  /// Writes all of the bytes to a standard stream.
  package static func write(_ bytes: [UInt8], to number: CInt) throws(KernelError) {
    try OwnedDescriptor.duplicating(raw: number).writeAll(bytes)
  }

  /// Makes a user the owner of a standard stream that is a pipe, a terminal or a file to be written to,
  /// so that the program can open it by name; what is only read keeps its owner, as devices do.
  package static func giveStream(_ number: CInt, to user: UInt32) throws(KernelError) {
    var raw = stat()
    try check("fstat", "\(number)") { unsafe fstat(number, &raw) }
    let status = FileStatus(raw)
    guard status.owner != user else { return }
    let isGiven =
      switch status.kind {
      case .fifo: true
      case .characterDevice: isatty(number) == 1
      case .regular: try isForWriting(number)
      default: false
      }
    guard isGiven else { return }
    try check("fchown", "\(number)") { fchown(number, user, UInt32.max) }
  }

  private static func isForWriting(_ number: CInt) throws(KernelError) -> Bool {
    try check("fcntl", "\(number)") { ckernel_status_flags(number) } & O_ACCMODE != O_RDONLY
  }

  /// Waits until one of some descriptors is readable or closed at the other end.
  ///
  /// - Returns: for each whether it is; all false when `milliseconds` went by first.
  package static func wait(
    for descriptors: [CInt],
    milliseconds: Int32,
  ) throws(KernelError) -> [Bool] {
    var requests: [pollfd] = []
    for number in descriptors {
      requests.append(pollfd(fd: number, events: Int16(POLLIN), revents: 0))
    }
    try check("poll") {
      unsafe requests.withUnsafeMutableBufferPointer {
        unsafe poll($0.baseAddress, nfds_t($0.count), milliseconds)
      }
    }
    return requests.map { $0.revents != 0 }
  }
}

/// The two ends of a pipe.
package struct Pipe: ~Copyable {
  package let reading: OwnedDescriptor
  package let writing: OwnedDescriptor

  /// A new pipe, both ends close-on-exec.
  package init() throws(KernelError) {
    var ends: (CInt, CInt) = (-1, -1)
    try check("pipe2") {
      unsafe withUnsafeMutableBytes(of: &ends) { buffer in
        unsafe buffer.withMemoryRebound(to: CInt.self) { list in
          guard let start = list.baseAddress else { return CInt(-1) }
          return unsafe pipe2(start, O_CLOEXEC)
        }
      }
    }
    reading = OwnedDescriptor(adopting: ends.0)
    writing = OwnedDescriptor(adopting: ends.1)
  }

  /// The reading end alone; the other one is closed.
  package consuming func keepReading() -> OwnedDescriptor { reading }

  /// The writing end alone; the other one is closed.
  package consuming func keepWriting() -> OwnedDescriptor { writing }
}
