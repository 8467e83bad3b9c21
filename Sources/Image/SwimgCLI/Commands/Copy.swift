import ArgumentParser
import ContentStore
import ImageSpec
import Transfer

/// The verb `swimg copy`.
struct CopyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "copy",
    abstract: "Copy an image between registries, or between one and a layout or archive.",
  )

  @OptionGroup var store: StoreOptions
  @OptionGroup var registries: RegistryOptions

  @Option(
    help: ArgumentHelp("Copy the index's image for this platform only.", valueName: "platform")
  )
  var platform: Platform?

  @Flag(help: "Copy along what is attached: signatures, lists of contents and the like.")
  var referrers = false

  @OptionGroup var foreign: ForeignOptions
  @OptionGroup var signatures: PolicyOptions

  @Option(help: ArgumentHelp("auto, json or none.", valueName: "style"))
  var progress = ProgressStyle.auto

  @Flag(name: .shortAndLong, help: "Show no progress and print no digest.")
  var quiet = false

  @Argument(
    help: ArgumentHelp(
      "docker://NAME, oci:DIR[:NAME], oci-archive:FILE[:NAME], docker-archive:FILE[:NAME] or "
        + "store:NAME.",
      valueName: "source",
    ),
    transform: place,
  )
  var source: ImagePlace

  @Argument(help: ArgumentHelp("The same.", valueName: "target"), transform: place)
  var target: ImagePlace

  func run() throws {
    let subject = "copy"
    let access = try registries.access(subject)
    let display = TransferDisplay(progress, isQuiet: quiet)
    defer { display.finish() }
    let path = try store.path()
    var request = CopyRequest(
      from: source,
      to: target,
      platform: platform,
      policy: try signatures.load(subject),
      progress: display,
    )
    request.includesReferrers = referrers
    request.includesForeign = foreign.foreignLayers
    let asked = request
    let digest = try wrapping(
      subject,
      try copy(asked, access) { () throws(StoreError) in try ContentStore(creating: path) },
    )
    display.finish()
    if !quiet { Presentation.write("\(digest)\n") }
  }
}

private func place(_ text: String) throws -> ImagePlace {
  do throws(ReferenceError) {
    return try ImagePlace(parsing: text)
  } catch {
    throw ValidationError("\(error)")
  }
}
