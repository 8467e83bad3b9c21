import Glibc

/// An errno value, with its symbolic name and what it means.
///
/// See: errno(3).
package struct ErrorNumber: RawRepresentable, Equatable, Sendable {
  package let rawValue: CInt

  package init(rawValue: CInt) {
    self.rawValue = rawValue
  }

  /// The symbolic name, as `ENOENT`.
  package var name: String {
    guard let text = unsafe strerrorname_np(rawValue) else { return "errno \(rawValue)" }
    return unsafe String(cString: text)
  }

  /// What it means, in lower case, as `no such file or directory`.
  package var meaning: String {
    guard let text = unsafe strerrordesc_np(rawValue) else { return "unknown error" }
    let sentence = unsafe String(cString: text)
    // Only an initial capital goes: "RFS specific error" keeps its name.
    guard let first = sentence.first, sentence.dropFirst().first?.isLowercase == true else {
      return sentence
    }
    return first.lowercased() + sentence.dropFirst()
  }
}

extension ErrorNumber {
  package static var permission: Self { .init(rawValue: EPERM) }
  package static var noEntry: Self { .init(rawValue: ENOENT) }
  package static var noProcess: Self { .init(rawValue: ESRCH) }
  package static var exists: Self { .init(rawValue: EEXIST) }
  package static var accessDenied: Self { .init(rawValue: EACCES) }
  package static var notDirectory: Self { .init(rawValue: ENOTDIR) }
  package static var isDirectory: Self { .init(rawValue: EISDIR) }
  package static var invalid: Self { .init(rawValue: EINVAL) }
  package static var inputOutput: Self { .init(rawValue: EIO) }
  package static var busy: Self { .init(rawValue: EBUSY) }
  package static var noDeviceOrAddress: Self { .init(rawValue: ENXIO) }
  package static var interrupted: Self { .init(rawValue: EINTR) }
  package static var brokenPipe: Self { .init(rawValue: EPIPE) }
  package static var wouldBlock: Self { .init(rawValue: EAGAIN) }
  package static var notEmpty: Self { .init(rawValue: ENOTEMPTY) }
  package static var loop: Self { .init(rawValue: ELOOP) }
  package static var notSupported: Self { .init(rawValue: EOPNOTSUPP) }
  package static var noSystemCall: Self { .init(rawValue: ENOSYS) }
  package static var timedOut: Self { .init(rawValue: ETIMEDOUT) }
  package static var noDevice: Self { .init(rawValue: ENODEV) }
  package static var readOnly: Self { .init(rawValue: EROFS) }
  package static var crossDevice: Self { .init(rawValue: EXDEV) }
  package static var noChild: Self { .init(rawValue: ECHILD) }
  package static var connectionReset: Self { .init(rawValue: ECONNRESET) }
  package static var noExecutable: Self { .init(rawValue: ENOEXEC) }
  package static var notTerminal: Self { .init(rawValue: ENOTTY) }
}
