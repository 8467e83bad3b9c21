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

  /// Opens /dev/null for each standard stream that is closed: what is opened later must not become
  /// one, and take what is said there.
  ///
  /// Reading or writing fails as before, but on standard error, where nothing is to fail.
  package static func openStandardStreams() {
    for (descriptor, access) in [(0, O_WRONLY), (1, O_RDONLY), (2, O_WRONLY)] as [(Int32, Int32)]
    where fcntl(descriptor, F_GETFD) == -1 {
      // The lowest that is free is this one.
      _ = unsafe open("/dev/null", access)
    }
  }

  /// Writes to a pipe that nobody may read any more, which then is an error and no signal.
  package static func withoutPipeSignal(_ body: () -> Void) {
    var pipe = sigset_t()
    var before = sigset_t()
    unsafe sigemptyset(&pipe)
    unsafe sigaddset(&pipe, SIGPIPE)
    unsafe pthread_sigmask(SIG_BLOCK, &pipe, &before)
    body()
    // Who has it blocked may have it waiting as well. See: pipe(7), "I/O on pipes and FIFOs"
    guard unsafe sigismember(&before, SIGPIPE) == 0 else { return }
    var none = timespec()
    while unsafe sigtimedwait(&pipe, nil, &none) == -1, errno == EINTR { continue }
    unsafe pthread_sigmask(SIG_SETMASK, &before, nil)
  }

  /// Ends the program.
  package static func exit(_ status: Int32) -> Never {
    Glibc.exit(status)
  }
}
