import ArgumentParser
import ContentStore
import HostProcess
import ImageSpec
import RootedFiles
import Upkeep

/// The verb `swimg validate`.
struct ValidateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate",
    abstract: "Check a layout, an archive or an image against the image specification.",
  )

  @OptionGroup var store: StoreOptions

  @Option(name: .shortAndLong, help: ArgumentHelp("Print text or json.", valueName: "text|json"))
  var format = TextFormat.text

  @Flag(name: .shortAndLong, help: "Show no progress, and print violations only.")
  var quiet = false

  @Argument(
    help: ArgumentHelp(
      "A directory, a tar archive, - for one on standard input, or an image of the store.",
      valueName: "source",
    )
  )
  var source: String

  func run() throws {
    let subject = "validate \(source)"
    let bar = ProgressBar("validate", isQuiet: quiet)
    defer { bar.end() }
    let outcome = try outcome(subject, bar)
    bar.end()
    switch format {
    case .json: Presentation.write(outcome.document.indentedText)
    case .text: report(outcome)
    }
    guard outcome.violations.isEmpty else {
      throw CommandFailure(subject, "\(outcome.violations.count) violations")
    }
  }

  /// What is there under that path comes first, then the names of the store.
  private func outcome(
    _ subject: String,
    _ bar: ProgressBar,
  ) throws(CommandFailure) -> ValidateOutcome {
    switch try opened(subject) {
    case .directory(let layout):
      return try wrapping(
        subject,
        try validation(of: layout, top: nil) { bar.advance(by: $0) },
      )
    case .archive(let file):
      return try outcome(ofArchive: file, subject, bar)
    case .image(let selector):
      let store = try store.open(subject)
      let layout = try wrapping(subject, try Directory(atPath: store.path))
      return try wrapping(
        subject,
        try store.settled(isCertain: \.violations.isEmpty) { () throws(StoreError) in
          try validation(of: layout, top: try store.find(selector)) { bar.advance(by: $0) }
        },
      )
    }
  }

  private func outcome(
    ofArchive file: consuming OwnedDescriptor,
    _ subject: String,
    _ bar: ProgressBar,
  ) throws(CommandFailure) -> ValidateOutcome {
    do throws(UnpackedArchiveError) {
      return try validation(
        ofArchive: file,
        in: Surroundings.variable("TMPDIR") ?? "/var/tmp",
      ) { bar.advance(by: $0) }
    } catch {
      throw CommandFailure(subject, "\(error)", interrupted: error.cause)
    }
  }

  private enum Source: ~Copyable {
    case directory(Directory)
    case archive(OwnedDescriptor)
    case image(ImageSelector)
  }

  private func opened(_ subject: String) throws(CommandFailure) -> Source {
    do throws(FileError) {
      if source == "-" { return .archive(try OwnedDescriptor(duplicating: 0)) }
      do throws(FileError) {
        return .directory(try Directory(atPath: source))
      } catch  where error.code == .notDirectory {
        return .archive(try OwnedDescriptor(openingFileAtPath: source))
      }
    } catch  where error.code == .noEntry {
      guard let selector = ImageSelector(argument: source) else {
        throw CommandFailure(subject, "neither a file nor the name of an image")
      }
      return .image(selector)
    } catch {
      throw CommandFailure(subject, "\(error)")
    }
  }

  private func report(_ outcome: ValidateOutcome) {
    for violation in outcome.violations {
      let path = violation.path.isEmpty ? "" : " \(violation.path):"
      Presentation.write(
        safe("\(violation.subject):\(path) \(violation.problem) [\(violation.clause)]") + "\n"
      )
    }
    guard !quiet, outcome.violations.isEmpty else { return }
    Presentation.write("\(outcome.documents) documents, \(outcome.layers) layers: all is right\n")
  }
}

extension ValidateOutcome {
  fileprivate var document: JSONValue {
    let violations = violations.map { violation -> JSONValue in
      [
        "subject": .string(violation.subject), "path": .string(violation.path),
        "problem": .string(violation.problem), "clause": .string(violation.clause),
      ]
    }
    return [
      "documents": .integer(documents), "layers": .integer(layers),
      "violations": .array(violations),
    ]
  }
}
