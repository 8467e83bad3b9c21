import Glibc

/// An error number of the kernel, known by its symbol.
package struct ErrorCode: RawRepresentable, Equatable, Sendable {
  package let rawValue: Int32

  package init(rawValue: Int32) {
    self.rawValue = rawValue
  }

  package static let noEntry = ErrorCode(rawValue: ENOENT)
  package static let exists = ErrorCode(rawValue: EEXIST)
  package static let notDirectory = ErrorCode(rawValue: ENOTDIR)
  package static let notEmpty = ErrorCode(rawValue: ENOTEMPTY)
  package static let linkLoop = ErrorCode(rawValue: ELOOP)
  package static let nameTooLong = ErrorCode(rawValue: ENAMETOOLONG)
  package static let notPermitted = ErrorCode(rawValue: EPERM)
  package static let accessDenied = ErrorCode(rawValue: EACCES)
  package static let notSupported = ErrorCode(rawValue: ENOTSUP)
  package static let noSpace = ErrorCode(rawValue: ENOSPC)
  package static let quotaExceeded = ErrorCode(rawValue: EDQUOT)
  package static let readOnly = ErrorCode(rawValue: EROFS)
  package static let wouldBlock = ErrorCode(rawValue: EWOULDBLOCK)
  package static let noLocks = ErrorCode(rawValue: ENOLCK)
  package static let unknownCall = ErrorCode(rawValue: ENOSYS)

  /// The name in errno(3), as `ENOENT`.
  package var symbol: String {
    guard let name = unsafe strerrorname_np(rawValue) else { return "errno \(rawValue)" }
    return unsafe String(cString: name)
  }

  /// The kernel's explanation in lower case, as `no such file or directory`.
  package var explanation: String {
    guard let text = unsafe strerrordesc_np(rawValue) else { return "unknown error" }
    return unsafe String(cString: text).lowercased()
  }
}

/// What can go wrong with files below an open directory.
package enum FileError: Error, Equatable, Sendable {
  /// A system call failed on the subject, a path relative to the directory it was given to; empty
  /// for an open file, which the caller names.
  case system(call: String, code: ErrorCode, subject: [UInt8])
  /// A file name is empty, `.`, `..`, longer than 255 bytes, or has a slash or a NUL in it.
  case invalidName([UInt8])
  /// Something else than a regular file stands where one is needed.
  case notRegular(subject: [UInt8], kind: FileKind)
  /// A file is larger than its reader allows.
  case tooLarge(subject: [UInt8], limit: Int)
  /// Somebody else moved or swapped the subject while it was being worked on.
  case movedMeanwhile(subject: [UInt8])
  /// `/proc` is not a procfs, which attributes of special files need before Linux 6.13.
  case noProcfs

  /// The kernel's error number, when the kernel was the one to refuse.
  package var code: ErrorCode? {
    guard case .system(_, let code, _) = self else { return nil }
    return code
  }
}

extension FileError: CustomStringConvertible {
  /// One line: the subject, then the cause.
  package var description: String {
    switch self {
    case .system(let call, let code, let subject):
      (subject.isEmpty ? "" : "\(shown(subject)): ")
        + "\(call): \(code.explanation) (\(code.symbol))"
    case .invalidName(let name):
      "\(shown(name)): not a valid file name"
    case .notRegular(let subject, let kind):
      "\(shown(subject)): a \(kind), not a regular file"
    case .tooLarge(let subject, let limit):
      "\(shown(subject)): larger than the allowed \(limit) bytes"
    case .movedMeanwhile(let subject):
      "\(shown(subject)): was moved by somebody else meanwhile"
    case .noProcfs:
      "/proc: not a procfs, needed to set attributes of special files before Linux 6.13"
    }
  }
}

/// Makes a system call again while signals interrupt it.
///
/// - Throws: `FileError.system` when it returns -1.
@inline(__always)
func checked<Answer: SignedInteger>(
  _ call: String,
  _ subject: @autoclosure () -> [UInt8],
  _ body: () -> Answer,
) throws(FileError) -> Answer {
  while true {
    let result = body()
    guard result == -1 else { return result }
    let code = errno
    guard code != EINTR else { continue }
    throw .system(call: call, code: ErrorCode(rawValue: code), subject: subject())
  }
}
