import JSON
import Kernel
import Lifecycle

/// The one place that writes to the caller: standard output, standard error and the log.
///
/// Callers match on texts and parse the log: runtime contract in swrun(8), "DIAGNOSTICS".
struct Presentation: Sendable {
  var verb: String?
  var logPath: String?
  var isJSON: Bool
  var isDebug: Bool

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
  func report(failure: String) {
    let subject = verb.map { "swrun: \($0): " } ?? "swrun: "
    let message = oneLine(failure)
    if isJSON, logPath == nil {
      write(entry(level: "error", message), to: 2)
    } else {
      write([UInt8]("\(subject)\(message)\n".utf8), to: 2)
    }
    appendToLog(level: "error", message)
  }

  /// Says what does not keep the command from going on; never in a JSON log, which is for failures.
  func warn(_ text: String) {
    let message = oneLine(text)
    write([UInt8]("swrun: warning: \(message)\n".utf8), to: 2)
    if !isJSON { appendToLog(level: "warning", message) }
  }

  /// Says what is done, with `--debug` only.
  func debug(_ text: String) {
    guard isDebug else { return }
    if logPath == nil {
      write([UInt8]("swrun: debug: \(oneLine(text))\n".utf8), to: 2)
    } else {
      appendToLog(level: "debug", oneLine(text))
    }
  }

  /// Makes sure that the log can be written, before anything is done.
  func openLog() throws(KernelError) {
    guard let logPath else { return }
    _ = try open(logPath, [.writeOnly, .create, .append], mode: 0o644)
  }

  private func appendToLog(level: String, _ message: String) {
    guard let logPath else { return }
    do throws(KernelError) {
      let file = try open(logPath, [.writeOnly, .create, .append], mode: 0o644)
      try file.writeAll(entry(level: level, message))
    } catch {
      write([UInt8]("swrun: log \(logPath): \(error)\n".utf8), to: 2)
    }
  }

  private func entry(level: String, _ message: String) -> [UInt8] {
    let now = Clock.now
    let time = Clock.rfc3339(seconds: now.seconds, nanoseconds: now.nanoseconds)
    guard isJSON else {
      return [UInt8]("time=\"\(time)\" level=\(level) msg=\"\(quoted(message))\"\n".utf8)
    }
    let value: JSONValue = [
      "level": .string(level), "msg": .string(message), "time": .string(time),
    ]
    return value.text(.compact) + [UInt8(ascii: "\n")]
  }

  /// A message for between quotation marks, which it may have some of itself.
  private func quoted(_ message: String) -> String {
    message.reduce(into: "") { text, character in
      if character == "\"" || character == "\\" { text.append("\\") }
      text.append(character)
    }
  }

  /// A message as one line, whatever a file name or a hook has put into it.
  private func oneLine(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7f ? " " : $0 }
      )
    )
  }

  private func write(_ bytes: [UInt8], to number: CInt) {
    do throws(KernelError) {
      try DescriptorTable.write(bytes, to: number)
    } catch {
      // The caller does not listen: there is nobody else to tell.
    }
  }
}
