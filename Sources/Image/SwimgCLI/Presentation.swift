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
    writeOrGiveUp("swimg: \(line)\n", to: 2)
  }

  /// Text on standard output; a full disk or closed pipe ends the program as a failure.
  static func write(_ text: String) {
    writeOrGiveUp(text, to: 1)
  }

  /// The progress bar's line on standard error.
  static func draw(_ text: String) {
    writeOrGiveUp(text, to: 2)
  }

  private static func writeOrGiveUp(_ text: String, to descriptor: Int32) {
    do throws(FileError) {
      try OwnedDescriptor(duplicating: descriptor).write(Array(text.utf8).span)
    } catch {
      // There is nowhere left to say it, but on standard error if that is not what failed.
      if descriptor != 2 { report("standard output: \(error)") }
      Surroundings.exit(ExitStatus.failure)
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
