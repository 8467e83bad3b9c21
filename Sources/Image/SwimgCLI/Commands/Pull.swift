import ArgumentParser
import ContentStore
import ImageSpec
import Registry
import Transfer

/// The verb `swimg pull`.
struct PullCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pull",
    abstract: "Pull images from registries into the store.",
  )

  @OptionGroup var store: StoreOptions
  @OptionGroup var registries: RegistryOptions

  @Option(
    help: ArgumentHelp(
      "OS/ARCHITECTURE[/VARIANT] of an index's image, or all. Repeatable. Default: this machine's.",
      valueName: "platform",
    )
  )
  var platform: [PlatformName] = []

  @OptionGroup var foreign: ForeignOptions
  @OptionGroup var signatures: PolicyOptions

  @Option(help: ArgumentHelp("auto, json or none.", valueName: "style"))
  var progress = ProgressStyle.auto

  @Flag(name: .shortAndLong, help: "Show no progress and print no digests.")
  var quiet = false

  @Argument(help: ArgumentHelp("Names.", valueName: "image"))
  var references: [Reference]

  func run() throws {
    let choice = try PlatformName.choice(platform)
    for reference in references {
      let subject = "pull \(reference.short)"
      let access = try registries.access(subject)
      let target = try store.openOrMake(subject)
      let pulled = try pullShown(reference, choice, subject, access, target)
      guard !quiet else { continue }
      let replaced = pulled.replaced.map { ", in place of \($0.short)" } ?? ""
      Presentation.write("\(reference.short) \(pulled.descriptor.digest)\(replaced)\n")
    }
  }

  private func pullShown(
    _ reference: Reference,
    _ choice: PlatformChoice,
    _ subject: String,
    _ access: RegistryAccess,
    _ target: ContentStore,
  ) throws(CommandFailure) -> PulledImage {
    let display = TransferDisplay(progress, isQuiet: quiet)
    defer { display.finish() }
    var request = PullRequest(
      reference,
      platforms: choice,
      policy: try signatures.load(subject),
      progress: display,
    )
    request.includesForeign = foreign.foreignLayers
    let asked = request
    return try wrapping(subject, try pull(asked, access, into: target))
  }
}

/// What may be fetched from elsewhere than the registry.
struct ForeignOptions: ParsableArguments {
  @Flag(
    help: ArgumentHelp(
      "Fetch layers that their owner alone hands out from the addresses in the image."
    )
  )
  var foreignLayers = false
}

/// A platform on the command line, or all of them.
enum PlatformName: ExpressibleByArgument {
  case all
  case one(Platform)

  init?(argument: String) {
    if argument == "all" {
      self = .all
    } else if let platform = Platform(parsing: argument) {
      self = .one(platform)
    } else {
      return nil
    }
  }

  /// What several of them mean together.
  static func choice(_ names: [PlatformName]) throws -> PlatformChoice {
    var platforms: [Platform] = []
    for name in names {
      switch name {
      case .all:
        guard names.count == 1 else {
          throw ValidationError("--platform all goes with no other platform")
        }
        return .all
      case .one(let platform): platforms.append(platform)
      }
    }
    return platforms.isEmpty ? .host : .some(platforms)
  }
}
