import ArgumentParser
import HostProcess

/// The program: reads the command line, runs a verb and ends with its exit status.
package enum CommandLineTool {
  /// Never returns; the statuses are those of swimg(1).
  package static func run() -> Never {
    Surroundings.openStandardStreams()
    Interruption.listen()
    do {
      var command = try Swimg.parseAsRoot()
      try command.run()
    } catch let failure as CommandFailure {
      Presentation.report(failure.description)
      if let interrupted = failure.interrupted { Interruption.die(of: interrupted) }
      Surroundings.exit(ExitStatus.failure)
    } catch {
      endParsing(error)
    }
    Surroundings.exit(ExitStatus.success)
  }

  /// Help and versions that were asked for are no errors; everything else is misuse.
  private static func endParsing(_ error: any Error) -> Never {
    guard Swimg.exitCode(for: error).isSuccess else {
      let lines = Swimg.message(for: error).split(separator: "\n").map(String.init)
      Presentation.report(lowercased(lines.first ?? "the command line is not understood"))
      Surroundings.exit(ExitStatus.usage)
    }
    Presentation.write(Swimg.fullMessage(for: error) + "\n")
    Surroundings.exit(ExitStatus.success)
  }

  /// Our messages begin in lower case; a word in capitals stays one.
  private static func lowercased(_ message: String) -> String {
    let start = message.prefix(2)
    guard start.last?.isLowercase == true else { return message }
    return message.prefix(1).lowercased() + message.dropFirst()
  }
}

/// What the program's exit status means; documented in swimg(1).
enum ExitStatus {
  static let success: Int32 = 0
  /// The work failed.
  static let failure: Int32 = 1
  /// The command line is wrong: nothing was done.
  static let usage: Int32 = 2
}

/// Why a verb failed, and on what.
struct CommandFailure: Error, CustomStringConvertible {
  let description: String
  let interrupted: Interrupted?

  init(_ subject: String, _ cause: String, interrupted: Interrupted? = nil) {
    description = "\(subject): \(cause)"
    self.interrupted = interrupted
  }
}
