import Glibc

/// Why another program could not be asked.
package struct ChildProcessError: Error, Equatable, CustomStringConvertible {
  package let program: String
  package let problem: String

  package var description: String { "\(program): \(problem)" }
}

/// A short conversation with another program: something in, something out.
package enum ChildProcess {
  /// What the program said and how it ended.
  package struct Answer: Sendable {
    package let status: Int32
    package let output: [UInt8]
  }

  /// No answer that is asked for here is longer.
  private static let outputLimit = 1 << 20

  /// Runs a program found by PATH, hands it its input and reads its standard output.
  ///
  /// Its standard error is ours.
  /// - Throws: when it can't be run, or says too much.
  package static func run(
    _ program: String,
    _ arguments: [String],
    input: [UInt8],
  ) throws(ChildProcessError) -> Answer {
    func fail(_ code: Int32) -> ChildProcessError {
      guard let text = unsafe strerrordesc_np(code) else {
        return ChildProcessError(program: program, problem: "errno \(code)")
      }
      return ChildProcessError(program: program, problem: unsafe String(cString: text).lowercased())
    }
    let inward = try pipe(program)
    let outward = try pipe(program)
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    // The copies lose the close-on-exec flag that all the others have.
    unsafe posix_spawn_file_actions_adddup2(&actions, inward.read, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, outward.write, 1)
    var words: [UnsafeMutablePointer<CChar>?] = unsafe []
    for word in [program] + arguments { unsafe words.append(strdup(word)) }
    unsafe words.append(nil)
    defer { unsafe words.forEach { unsafe free($0) } }
    // Signals that this thread does not want to see are none of the other program's business.
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    unsafe sigemptyset(&none)
    unsafe posix_spawnattr_setsigmask(&attributes, &none)
    unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var pid: pid_t = 0
    let failure = unsafe posix_spawnp(&pid, program, &actions, &attributes, &words, environ)
    close(inward.read)
    close(outward.write)
    defer { close(outward.read) }
    guard failure == 0 else {
      close(inward.write)
      throw fail(failure)
    }
    // What is said to such a program fits into the pipe: writing does not wait for its reading.
    send(input, to: inward.write)
    close(inward.write)
    let output = receive(from: outward.read)
    var status: Int32 = 0
    while unsafe waitpid(pid, &status, 0) == -1, errno == EINTR { continue }
    guard let output else {
      throw ChildProcessError(program: program, problem: "its answer is too long")
    }
    // As WIFEXITED and WEXITSTATUS, macros that Swift cannot see.
    return Answer(status: status & 0x7F == 0 ? status >> 8 & 0xFF : 128, output: output)
  }

  private static func pipe(
    _ program: String
  ) throws(ChildProcessError) -> (read: Int32, write: Int32) {
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe2(&ends, O_CLOEXEC) == 0 else {
      throw ChildProcessError(program: program, problem: "no pipe can be made")
    }
    return (ends[0], ends[1])
  }

  private static func send(_ bytes: [UInt8], to descriptor: Int32) {
    // A program that does not read must not end ours.
    let before = signal(SIGPIPE, SIG_IGN)
    defer { signal(SIGPIPE, before) }
    var sent = 0
    while sent < bytes.count {
      let count = unsafe bytes[sent...].withUnsafeBytes { slice in
        unsafe write(descriptor, slice.baseAddress, slice.count)
      }
      if count == -1, errno == EINTR { continue }
      guard count > 0 else { return }
      sent += count
    }
  }

  /// - Returns: nil when it is too much.
  private static func receive(from descriptor: Int32) -> [UInt8]? {
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = unsafe read(descriptor, &buffer, buffer.count)
      if count == -1, errno == EINTR { continue }
      guard count > 0 else { return output }
      guard output.count + count <= outputLimit else { return nil }
      output += buffer[..<count]
    }
  }
}
