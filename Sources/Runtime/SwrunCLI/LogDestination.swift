import Kernel

/// How much is said: each level says what those before it say, too.
enum LogLevel: String, CaseIterable, Comparable, Sendable {
  case error, warning, debug

  static func < (left: LogLevel, right: LogLevel) -> Bool { left.rank < right.rank }

  /// See: syslog(3), from 0 for the worst to 7.
  var priority: Int {
    switch self {
    case .error: 3
    case .warning: 4
    case .debug: 7
    }
  }

  private var rank: Int { priority }
}

/// Where messages go besides standard error.
enum LogDestination: Equatable, Sendable {
  case file(String)
  /// The identifier that the messages carry there.
  case journal(String)
  case syslog(String)

  /// Reads a value of `--log`: `file:PATH`, `journald:NAME`, `syslog:NAME`, or a path.
  init(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let rest = parts.count == 2 ? String(parts[1]) : ""
    let identifier = rest.isEmpty ? "swrun" : rest
    switch parts.count == 2 ? parts[0] : "" {
    case "journald": self = .journal(identifier)
    case "syslog": self = .syslog(identifier)
    case "file": self = .file(rest)
    default: self = .file(text)
    }
  }

  /// Makes sure that messages can be delivered.
  func check() throws(KernelError) {
    switch self {
    case .file(let path): _ = try openFile(path)
    case .journal: _ = try DatagramSocket.connect(Self.journalSocket)
    case .syslog: _ = try DatagramSocket.connect(Self.syslogSocket)
    }
  }

  /// Delivers a message of one line: `line` with its line feed to a file, `message` to a daemon, which
  /// adds level and time itself.
  func write(level: LogLevel, message: String, line: [UInt8]) throws(KernelError) {
    switch self {
    case .file(let path):
      try openFile(path).writeAll(line)
    case .journal(let identifier):
      try DatagramSocket.send(
        Self.journalEntry(level: level, identifier: identifier, message: message),
        over: try DatagramSocket.connect(Self.journalSocket),
      )
    case .syslog(let identifier):
      try DatagramSocket.send(
        Self.syslogEntry(
          level: level,
          identifier: identifier,
          time: Clock.syslogTime,
          pid: Process.ownID,
          message: message,
        ),
        over: try DatagramSocket.connect(Self.syslogSocket),
      )
    }
  }

  private static let journalSocket = "/run/systemd/journal/socket"
  private static let syslogSocket = "/dev/log"

  private func openFile(_ path: String) throws(KernelError) -> OwnedDescriptor {
    try open(path, [.writeOnly, .create, .append], mode: 0o644)
  }

  /// A datagram of journald's own protocol: a field a line.
  ///
  /// See: systemd's "Native Journal Protocol"; systemd.journal-fields(7).
  static func journalEntry(level: LogLevel, identifier: String, message: String) -> [UInt8] {
    [UInt8](
      """
      PRIORITY=\(level.priority)
      SYSLOG_IDENTIFIER=\(oneLine(identifier))
      MESSAGE=\(message)

      """.utf8
    )
  }

  /// A datagram for syslog, of the facility `user`.
  ///
  /// Spec: RFC 3164, 4.1. See: syslog(3).
  static func syslogEntry(
    level: LogLevel,
    identifier: String,
    time: String,
    pid: Int32,
    message: String,
  ) -> [UInt8] {
    let user = 1
    return [UInt8](
      "<\(user * 8 + level.priority)>\(time) \(oneLine(identifier))[\(pid)]: \(message)".utf8
    )
  }
}

/// A message as one line, whatever a file name or a hook has put into it.
///
/// A terminal may obey the control characters behind ASCII's too: U+009B is what ESC [ is.
func oneLine(_ text: String) -> String {
  String(
    String.UnicodeScalarView(
      text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }
    )
  )
}
