import ArgumentParser
import ContentStore
import HostProcess
import ImageSpec
import RootedFiles
import Transfer

extension SaveFormat: ExpressibleByArgument {}

/// The verb `swimg save`.
struct SaveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "save",
    abstract: "Write images to an archive or an OCI layout.",
  )

  @OptionGroup var store: StoreOptions

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "The file or, for oci, the directory. Default: standard output.",
      valueName: "path",
    ),
  )
  var output: String?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("oci-archive, docker-archive or oci.", valueName: "format"),
  )
  var format = SaveFormat.ociArchive

  @Option(
    help: ArgumentHelp(
      "OS/ARCHITECTURE[/VARIANT]: this platform alone. Default: all, in a docker-archive this "
        + "machine's.",
      valueName: "platform",
    )
  )
  var platform: Platform?

  @Flag(help: "Save all tags of each repository.")
  var allTags = false

  @Flag(name: .shortAndLong, help: "Show no progress.")
  var quiet = false

  @Argument(help: ArgumentHelp("Names, digests or ids.", valueName: "image"))
  var selectors: [ImageSelector]

  private var path: String? { output == "-" ? nil : output }

  func validate() throws {
    guard path != nil || format != .ociDirectory else {
      throw ValidationError("--format oci needs a directory: --output DIR")
    }
    for selector in selectors where allTags && selector.reference == nil {
      throw ValidationError("--all-tags \"\(selector)\": a repository is expected")
    }
  }

  func run() throws {
    if path == nil, Surroundings.isTerminal(1) {
      throw ValidationError("standard output is a terminal: redirect it, or give --output")
    }
    let subject = "save \(selectors.map(\.description).joined(separator: " "))"
    let store = try store.open(subject)
    let bar = ProgressBar("save", isQuiet: quiet)
    let request = SaveRequest(
      selectors: selectors,
      isAllTags: allTags,
      format: format,
      platform: platform,
      progress: { bar.advance(by: $0) },
    )
    defer { bar.end() }
    let selection = try wrapping(subject, try SaveSelection(request, from: store))
    bar.expect(selection.bytes)
    if format == .ociDirectory, let path {
      try wrapping(subject, try save(selection, toDirectory: path))
    } else {
      let output = try wrapping(subject, try OutputFile(path: path))
      try wrapping(subject, try save(selection, to: output.descriptor))
      do throws(FileError) {
        try output.publish()
      } catch {
        throw CommandFailure(subject, "\(error)")
      }
    }
  }
}
