import CKernel
import Glibc

/// A file descriptor that has one owner, and is closed when the owner goes.
///
/// Handing it on is `consuming`; a raw number leaves it only for the length of one call.
package struct OwnedDescriptor: ~Copyable, Sendable {
  /// The number, valid while the owner lives.
  package let raw: CInt

  /// Takes over a descriptor that nothing else closes.
  package init(adopting raw: CInt) {
    self.raw = raw
  }

  deinit {
    // EINTR and EIO leave the descriptor closed on Linux: there is nothing to try again.
    _ = close(raw)
  }

  /// Gives the number away: whoever takes it closes it.
  package consuming func release() -> CInt {
    let number = raw
    discard self
    return number
  }

  /// Another descriptor of the same open file, close-on-exec.
  ///
  /// See: F_DUPFD_CLOEXEC in fcntl(2).
  package func duplicate() throws(KernelError) -> OwnedDescriptor {
    OwnedDescriptor(adopting: try check("fcntl", "F_DUPFD_CLOEXEC") { ckernel_duplicate(raw) })
  }

  /// Sets or clears close-on-exec.
  package func setCloseOnExec(_ isOn: Bool) throws(KernelError) {
    try check("fcntl", "F_SETFD") { ckernel_set_close_on_exec(raw, isOn ? 1 : 0) }
  }
}

extension OwnedDescriptor {
  /// A copy of a descriptor that the caller was given from outside, as a preserved one.
  package static func duplicating(raw: CInt) throws(KernelError) -> OwnedDescriptor {
    OwnedDescriptor(adopting: try check("fcntl", "\(raw)") { ckernel_duplicate(raw) })
  }
}
