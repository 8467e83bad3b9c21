import ArgumentParser
import ContentStore
import ImageSpec
import Transfer

/// The verb `swimg push`.
struct PushCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "push",
    abstract: "Push an image of the store to a registry.",
  )

  @OptionGroup var store: StoreOptions
  @OptionGroup var registries: RegistryOptions

  @Option(
    help: ArgumentHelp("Push the index's image for this platform only.", valueName: "platform")
  )
  var platform: Platform?

  @Option(help: ArgumentHelp("auto, json or none.", valueName: "style"))
  var progress = ProgressStyle.auto

  @Flag(name: .shortAndLong, help: "Show no progress and print no digest.")
  var quiet = false

  @Argument(help: ArgumentHelp("A name or digest.", valueName: "image"))
  var selector: ImageSelector

  @Argument(help: ArgumentHelp("The name to push it as. Default: the same.", valueName: "name"))
  var destination: Reference?

  func validate() throws {
    if case .digest = selector, destination == nil {
      throw ValidationError("an image given by its digest needs a name to be pushed as")
    }
  }

  func run() throws {
    let subject = "push \(selector)"
    guard let destination = destination ?? selector.reference else { return }
    let access = try registries.access(subject)
    let source = try store.open(subject)
    let display = TransferDisplay(progress, isQuiet: quiet)
    defer { display.finish() }
    let request = PushRequest(selector, to: destination, platform: platform, progress: display)
    let pushed = try wrapping(subject, try push(request, access, from: source))
    display.finish()
    guard !quiet else { return }
    if pushed.isPart, platform == nil {
      Presentation.report("\(subject): only one image of the index is here: pushed that alone")
    }
    Presentation.write("\(destination.short) \(pushed.descriptor.digest)\n")
  }
}

extension ImageSelector {
  /// The name, where it is one.
  var reference: Reference? {
    guard case .reference(let reference) = self else { return nil }
    return reference
  }
}
