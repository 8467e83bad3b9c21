import ContentStore
import Contents
import HostProcess
import RootedFiles
import Transfer
import Unpack
import Upkeep

/// Everything that the program says.
enum Presentation {
  /// One line on standard error, with the program's name.
  static func report(_ message: String) {
    // Whatever of it came from an image or archive must not reach the terminal as a command.
    let line = shownText(message.split(whereSeparator: \.isNewline).joined(separator: " "))
    draw("swimg: \(line)\n")
  }

  /// Text on standard output; a full disk or closed pipe ends the program as a failure.
  static func write(_ text: String) {
    do throws(FileError) {
      try OwnedDescriptor(duplicating: 1).write(Array(text.utf8).span)
    } catch {
      report("standard output: \(error)")
      Surroundings.exit(ExitStatus.failure)
    }
  }

  /// Text on standard error, such as the progress bar's line.
  ///
  /// Where nobody reads it, as when the terminal was closed, it is lost, and the work goes on: it
  /// ends on its own, or by the signal, and cleans up.
  static func draw(_ text: String) {
    Surroundings.withoutPipeSignal {
      do throws(FileError) {
        try OwnedDescriptor(duplicating: 2).write(Array(text.utf8).span)
      } catch {
        // There is nowhere left to say it.
      }
    }
  }
}

extension StoreError: Interruptible {
  var cause: Interrupted? {
    guard case .interrupted(let interrupted) = self else { return nil }
    return interrupted
  }
}

extension TransferError: Interruptible {
  var cause: Interrupted? {
    switch self {
    case .interrupted(let interrupted): interrupted
    case .store(let error): error.cause
    default: nil
    }
  }
}

extension UnpackError: Interruptible {
  var cause: Interrupted? {
    switch self {
    case .interrupted(let interrupted): interrupted
    case .store(let error): error.cause
    default: nil
    }
  }
}

extension ContentsError: Interruptible {
  var cause: Interrupted? {
    switch self {
    case .interrupted(let interrupted): interrupted
    case .store(let error): error.cause
    default: nil
    }
  }
}

extension UnpackedArchiveError: Interruptible {
  var cause: Interrupted? {
    switch self {
    case .interrupted(let interrupted): interrupted
    case .store(let error): error.cause
    default: nil
    }
  }
}
