import ArgumentParser
import ContentStore
import Contents
import HostProcess
import ImageSpec
import Layers
import RootedFiles

/// Which image's files, and how its reading is shown.
struct MergedImageOptions: ParsableArguments {
  @OptionGroup var store: StoreOptions

  @Option(
    help: ArgumentHelp(
      "OS/ARCHITECTURE[/VARIANT] of the image. Default: this machine's, or the first.",
      valueName: "platform",
    )
  )
  var platform: Platform?

  @Flag(name: .shortAndLong, help: "Show no progress.")
  var quiet = false

  /// Reads all layers of an image, and verifies them.
  func merged(
    _ selector: ImageSelector,
    subject: String,
  ) throws(CommandFailure) -> MergedImage {
    let store = try store.open(subject)
    let (image, lease) = try wrapping(subject, try leasedImage(selector, in: store))
    let bar = ProgressBar(
      "read \(selector)",
      isQuiet: quiet,
      total: image.manifest.layerBytes,
    )
    defer { bar.end() }
    return try wrapping(
      subject,
      try MergedImage(image, in: store, lease) { bar.advance(by: $0) },
    )
  }

  private func leasedImage(
    _ selector: ImageSelector,
    in store: ContentStore,
  ) throws(StoreError) -> (ResolvedImage, Lease) {
    let lease = try Lease(store)
    let image = try store.settled(isCertain: { _ in false }) { () throws(StoreError) in
      let image = try store.image(below: try store.find(selector), for: platform)
      try lease.protect(image.manifest.layers.map(\.digest))
      return image
    }
    return (image, lease)
  }
}

/// The verb `swimg cat`.
struct CatCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cat",
    abstract: "Print files of an image.",
  )

  @OptionGroup var options: MergedImageOptions

  @Argument(help: ArgumentHelp("A name, digest or id.", valueName: "image"))
  var selector: ImageSelector

  @Argument(help: ArgumentHelp("Files in the image; links are followed.", valueName: "path"))
  var paths: [String]

  func run() throws {
    let subject = "cat \(selector)"
    let image = try options.merged(selector, subject: subject)
    let output = try wrapping(subject, try OutputFile(path: nil))
    for path in paths {
      let bytes = Array(path.utf8)
      let node = try wrapping(subject, try image.find(bytes, isFollowing: true))
      try wrapping(subject, try image.writeData(of: node, path: bytes, to: output.descriptor))
    }
  }
}

/// The verb `swimg export`.
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write all files of an image as one tar archive.",
  )

  @OptionGroup var options: MergedImageOptions

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The file to write. Default: standard output.", valueName: "file"),
  )
  var output: String?

  @Argument(help: ArgumentHelp("A name, digest or id.", valueName: "image"))
  var selector: ImageSelector

  func run() throws {
    let path = output == "-" ? nil : output
    if path == nil, Surroundings.isTerminal(1) {
      throw ValidationError("standard output is a terminal: redirect it, or give --output")
    }
    let subject = "export \(selector)"
    let image = try options.merged(selector, subject: subject)
    let output = try wrapping(subject, try OutputFile(path: path))
    try wrapping(subject, try image.export(to: output.descriptor))
    do throws(FileError) {
      try output.publish()
    } catch {
      throw CommandFailure(subject, "\(error)")
    }
  }
}

/// The verb `swimg diff`.
struct DiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Show which files of two images differ, and in what.",
  )

  @OptionGroup var options: MergedImageOptions

  @Flag(help: "Do not tell files apart by the time of their last change.")
  var ignoreTimes = false

  @Option(name: .shortAndLong, help: ArgumentHelp("Print text or json.", valueName: "text|json"))
  var format = TextFormat.text

  @Argument(help: ArgumentHelp("The older image.", valueName: "image"))
  var first: ImageSelector

  @Argument(help: ArgumentHelp("The newer image.", valueName: "image"))
  var second: ImageSelector

  func run() throws {
    let subject = "diff \(first) \(second)"
    let left = try options.merged(first, subject: subject)
    let right = try options.merged(second, subject: subject)
    let found = try wrapping(subject, try changes(from: left, to: right, ignoresTimes: ignoreTimes))
    switch format {
    case .text: for change in found { Presentation.write(change.line) }
    case .json: Presentation.write(JSONValue.array(found.map(\.document)).indentedText)
    }
  }
}

extension FileChange {
  fileprivate var line: String {
    let letter = [Kind.added: "A", .removed: "D", .changed: "C"][kind] ?? "?"
    let why = reasons.isEmpty ? "" : "  (\(reasons.joined(separator: ", ")))"
    return "\(letter) /\(shownWhole(path))\(why)\n"
  }

  fileprivate var document: JSONValue {
    [
      "change": .string(kind.rawValue),
      "path": .string("/" + String(decoding: path, as: UTF8.self)),
      "reasons": .strings(reasons),
    ]
  }
}
