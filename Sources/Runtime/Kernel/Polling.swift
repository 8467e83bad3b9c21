import Glibc

/// A descriptor and what is waited for on it.
package struct Watch: Sendable {
  package let descriptor: CInt
  package let readiness: OwnedDescriptor.Readiness

  package init(_ descriptor: CInt, _ readiness: OwnedDescriptor.Readiness) {
    self.descriptor = descriptor
    self.readiness = readiness
  }
}

extension DescriptorTable {
  /// Waits until something happens to one of some descriptors.
  ///
  /// Returns too when a signal has been taken: whoever holds signals back reads them from a
  /// descriptor, and is not interrupted.
  ///
  /// See: poll(2).
  ///
  /// - Returns: for each whether it did, errors and hang-ups included; all false when `milliseconds`
  ///   went by first.
  package static func wait(
    for watches: [Watch],
    milliseconds: Int32,
  ) throws(KernelError) -> [Bool] {
    var requests: [pollfd] = []
    for watch in watches {
      requests.append(pollfd(fd: watch.descriptor, events: watch.readiness.events, revents: 0))
    }
    try check("poll") {
      unsafe requests.withUnsafeMutableBufferPointer {
        unsafe poll($0.baseAddress, nfds_t($0.count), milliseconds)
      }
    }
    return requests.map { $0.revents != 0 }
  }
}

extension OwnedDescriptor.Readiness {
  /// What to ask poll(2) for; errors and hang-ups are always told.
  fileprivate var events: Int16 {
    switch self {
    case .readable: Int16(POLLIN)
    case .changed: Int16(POLLPRI)
    case .failed: 0
    }
  }
}
