import Glibc

/// What this process was started with, and as whom.
package enum Surroundings {
  /// The user that file permissions are checked for.
  package static var effectiveUser: UInt32 { geteuid() }

  /// The group that file permissions are checked for.
  package static var effectiveGroup: UInt32 { getegid() }

  /// A variable of the environment; nil when it isn't set. See: getenv(3)
  package static func variable(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(validatingCString: value)
  }

  /// The absolute path of the current directory; nil when it has none any more. See: getcwd(3)
  package static var currentDirectory: String? {
    guard let path = unsafe getcwd(nil, 0) else { return nil }
    defer { unsafe free(path) }
    return unsafe String(validatingCString: path)
  }

  /// Whether a descriptor is a terminal. See: isatty(3)
  package static func isTerminal(_ descriptor: Int32) -> Bool {
    isatty(descriptor) == 1
  }

  /// The columns of a terminal; nil when it doesn't tell. See: ioctl_tty(2)
  package static func columns(_ descriptor: Int32) -> Int? {
    var size = winsize()
    guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
      return nil
    }
    return Int(size.ws_col)
  }

  /// Ends the program.
  package static func exit(_ status: Int32) -> Never {
    Glibc.exit(status)
  }
}
