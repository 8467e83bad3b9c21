import JSON
import Kernel
import Lifecycle

/// The one place that writes to the caller: standard output, standard error and the log.
///
/// Callers match on texts and parse the log: runtime contract in swrun(8), "DIAGNOSTICS".
struct Presentation {
  var verb: String?
  var log: LogDestination?
  var isJSON: Bool
  /// What is said at most.
  var level: LogLevel
  /// Warnings that wait until it is known whether the command succeeds; nil where none has to.
  ///
  /// conmon takes the whole standard error of a create that fails for the reason, and podman the first
  /// line of that with words that it knows: an error must come before any warning.
  var held: HeldWarnings?
  /// When the command began.
  let began = Clock.now

  /// Prints a result on standard output.
  func show(_ text: String) throws(RuntimeError) {
    try show([UInt8](text.utf8))
  }

  /// Prints a JSON document and a line feed.
  func show(
    _ value: JSONValue,
    _ layout: JSONValue.Layout = .indented(2),
  ) throws(RuntimeError) {
    try show(value.text(layout) + [UInt8(ascii: "\n")])
  }

  private func show(_ bytes: [UInt8]) throws(RuntimeError) {
    do throws(KernelError) {
      try DescriptorTable.write(bytes, to: 1)
    } catch  where error.code == .brokenPipe {
      // Who asked has read enough.
    } catch {
      throw .kernel(error, subject: "standard output")
    }
  }

  /// Reports why the command failed: on standard error for people, in the log for callers.
  ///
  /// The log gets exactly one line: podman parses it as one JSON document.
  func report(failure: String, code: FailureCode) {
    let subject = verb.map { "swrun: \($0): " } ?? "swrun: "
    let message = oneLine(failure)
    if isJSON, log == nil {
      write(entry(level: .error, message, code), to: 2)
    } else {
      write([UInt8]("\(subject)\(message)\n".utf8), to: 2)
    }
    appendToLog(level: .error, message, code)
  }

  /// Says what does not keep the command from going on; never in a JSON log, which is for failures.
  func warn(_ text: String) {
    guard level >= .warning else { return }
    let message = oneLine(text)
    if let held {
      held.add(message)
    } else {
      write(warning: message)
    }
  }

  /// Says what was held back.
  func releaseWarnings() {
    for message in held?.take() ?? [] { write(warning: message) }
  }

  private func write(warning message: String) {
    write([UInt8]("swrun: warning: \(message)\n".utf8), to: 2)
    if !isJSON { appendToLog(level: .warning, message, nil) }
  }

  /// Says what is done, to who wants to know it.
  func debug(_ text: String) {
    guard level >= .debug else { return }
    debug(text, at: Clock.now)
  }

  /// Says what began at a moment, with how long that was after the command began.
  func debug(_ text: String, at moment: (seconds: Int, nanoseconds: Int)) {
    let microseconds =
      (moment.seconds - began.seconds) * 1_000_000
      + (moment.nanoseconds - began.nanoseconds) / 1000
    let fraction = String(max(0, microseconds) % 1000 + 1000).dropFirst()
    let message = oneLine("+\(max(0, microseconds) / 1000).\(fraction) ms: \(text)")
    if log == nil {
      write([UInt8]("swrun: debug: \(message)\n".utf8), to: 2)
    } else {
      appendToLog(level: .debug, message, nil)
    }
  }

  /// Makes sure that the log can be written, before anything is done.
  func openLog() throws(KernelError) {
    try log?.check()
  }

  private func appendToLog(level: LogLevel, _ message: String, _ code: FailureCode?) {
    guard let log else { return }
    let line = entry(level: level, message, code)
    // Who asks for JSON gets it from a daemon too.
    let text = isJSON ? String(decoding: line.dropLast(), as: UTF8.self) : message
    do throws(KernelError) {
      try log.write(level: level, message: text, line: line)
    } catch {
      write([UInt8]("swrun: log: \(error)\n".utf8), to: 2)
    }
  }

  private func entry(
    level: LogLevel,
    _ message: String,
    _ code: FailureCode?,
  ) -> [UInt8] {
    let now = Clock.now
    let time = Clock.rfc3339(seconds: now.seconds, nanoseconds: now.nanoseconds)
    guard isJSON else {
      return [UInt8]("time=\"\(time)\" level=\(level.rawValue) msg=\"\(quoted(message))\"\n".utf8)
    }
    let value = JSONValue.object(present: [
      ("level", .string(level.rawValue)), ("msg", .string(message)), ("time", .string(time)),
      ("code", code.map { .string($0.rawValue) }),
    ])
    return value.text(.compact) + [UInt8(ascii: "\n")]
  }

  /// A message for between quotation marks, which it may have some of itself.
  private func quoted(_ message: String) -> String {
    message.reduce(into: "") { text, character in
      if character == "\"" || character == "\\" { text.append("\\") }
      text.append(character)
    }
  }

  private func write(_ bytes: [UInt8], to number: CInt) {
    do throws(KernelError) {
      try DescriptorTable.write(bytes, to: number)
    } catch {
      // The caller does not listen: there is nobody else to tell.
    }
  }
}

/// Warnings in the order in which they came up.
final class HeldWarnings {
  private var messages: [String] = []

  func add(_ message: String) {
    messages.append(message)
  }

  func take() -> [String] {
    defer { messages = [] }
    return messages
  }
}
