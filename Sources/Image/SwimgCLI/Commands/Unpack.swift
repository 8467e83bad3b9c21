import ArgumentParser
import BundleConfig
import ContentStore
import HostProcess
import ImageSpec
import Transfer
import Unpack

/// The verb `swimg unpack`.
struct UnpackCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unpack",
    abstract: "Unpack an image to a bundle for an OCI runtime.",
    usage: "swimg unpack [<options>] <image> <bundle> [-- <argument> ...]",
  )

  @OptionGroup var store: StoreOptions
  @OptionGroup var target: TargetOptions
  @OptionGroup(title: "Changes to what the image says") var changes: ChangeOptions

  @Option(help: ArgumentHelp("missing, always or never pull the image first.", valueName: "when"))
  var pull = PullPolicy.missing

  @OptionGroup(title: "Pulling") var registries: RegistryOptions
  @OptionGroup(title: "Pulling") var signatures: PolicyOptions

  @Flag(name: .shortAndLong, help: "Show no progress.")
  var quiet = false

  @Argument(help: ArgumentHelp("A name or digest.", valueName: "image"))
  var selector: ImageSelector

  @Argument(help: ArgumentHelp("The directory to make.", valueName: "bundle"))
  var bundle: String

  @Argument(
    parsing: .postTerminator,
    help: ArgumentHelp("Takes the place of the image's Cmd.", valueName: "argument"),
  )
  var arguments: [String] = []

  func run() throws {
    var options = try changes.bundleOptions()
    options.identity = try target.identity()
    if !arguments.isEmpty { options.arguments = arguments }
    let subject = "unpack \(selector)"
    let store = pull == .never ? try store.open(subject) : try store.openOrMake(subject)
    let warnings =
      if let reference = try referenceToPull(store, subject) {
        try pullAndUnpack(reference, store, options, subject)
      } else {
        try unpackStored(store, options, subject)
      }
    for warning in warnings where !quiet { Presentation.report("\(subject): \(warning)") }
  }

  private func unpackStored(
    _ store: ContentStore,
    _ options: BundleOptions,
    _ subject: String,
  ) throws(CommandFailure) -> [String] {
    let bar = ProgressBar("unpack", isQuiet: quiet)
    defer { bar.end() }
    return try wrapping(subject, try unpack(request(options, bar), from: store))
  }

  private func request(_ options: BundleOptions, _ bar: ProgressBar) -> UnpackRequest {
    UnpackRequest(
      selector: selector,
      platform: target.platform ?? .host,
      bundle: bundle,
      options: options,
      isRootless: target.rootless,
      willRead: { bar.expect($0) },
      didRead: { bar.advance(by: $0) },
    )
  }
}

extension UnpackCommand {
  /// The name to pull; nil when the store has what is wanted.
  private func referenceToPull(
    _ store: ContentStore,
    _ subject: String,
  ) throws(CommandFailure) -> Reference? {
    guard pull != .never, let reference = selector.reference else { return nil }
    if pull == .missing, try wrapping(subject, try isThere(store)) { return nil }
    return reference
  }

  /// Pulls and unpacks at the same time: each layer is decompressed and extracted while it comes.
  ///
  /// The bundle appears when everything of it is verified, as ever, and the image is in the store.
  private func pullAndUnpack(
    _ reference: Reference,
    _ store: ContentStore,
    _ options: BundleOptions,
    _ subject: String,
  ) throws(CommandFailure) -> [String] {
    let access = try registries.access(subject)
    let display = TransferDisplay(.auto, isQuiet: quiet)
    defer { display.finish() }
    let arrivals = LayerArrivals()
    var pulling = PullRequest(
      reference,
      platforms: target.platform.map { .some([$0]) } ?? .host,
      policy: try signatures.load(subject),
      progress: display,
    )
    pulling.arrivals = arrivals
    let request = request(options, ProgressBar("unpack", isQuiet: true))
    let both = PullBesideUnpack(pulling, access, request, store, arrivals)
    switch both.run() {
    case .done(let warnings): return warnings
    case .pullFailed(let error):
      throw CommandFailure(subject, "\(error)", interrupted: error.cause)
    case .unpackFailed(let error):
      throw CommandFailure(subject, "\(error)", interrupted: error.cause)
    case .notUnpacked:
      display.finish()
      return try unpackStored(store, options, subject)
    }
  }

  /// Whether the image is in the store, and of an index the one for the wanted platform.
  private func isThere(_ store: ContentStore) throws(StoreError) -> Bool {
    let wanted = target.platform ?? .host
    do throws(StoreError) {
      return try store.settled(isCertain: { $0 }) { () throws(StoreError) in
        for manifest in try store.tree(of: try store.find(selector)).manifests
        where manifest.platform.map(wanted.accepts) ?? true {
          return try store.blobSize(manifest.digest) != nil
        }
        return true
      }
    } catch .noSuchImage {
      return false
    }
  }
}

/// When a registry is asked for an image.
enum PullPolicy: String, ExpressibleByArgument, CaseIterable {
  case missing
  case always
  case never
}

/// Which image, and for whom.
struct TargetOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "OS/ARCHITECTURE[/VARIANT] of the image. Default: this machine's.",
      valueName: "platform",
    )
  )
  var platform: Platform?

  @Flag(help: "Give all files to the caller, and the container a user namespace.")
  var rootless = false

  @Option(
    help: ArgumentHelp(
      "A range of uids of the container's user namespace; repeatable.",
      valueName: "container:host:size",
    )
  )
  var uidMap: [IdentityRange] = []

  @Option(help: ArgumentHelp("The same for gids.", valueName: "container:host:size"))
  var gidMap: [IdentityRange] = []

  func validate() throws {
    guard uidMap.isEmpty == gidMap.isEmpty else {
      throw ValidationError("--uid-map and --gid-map go together")
    }
    for ranges in [uidMap, gidMap] {
      for (index, range) in ranges.enumerated()
      where ranges[..<index].contains(where: range.overlaps) {
        throw ValidationError("ranges of --uid-map or --gid-map overlap")
      }
    }
  }

  /// Who the container's users are on the host.
  func identity() throws -> IdentityMapping {
    if !uidMap.isEmpty { return .mapped(users: uidMap, groups: gidMap) }
    guard rootless else { return .host }
    return .mapped(
      users: [IdentityRange(container: 0, host: Surroundings.effectiveUser, size: 1)],
      groups: [IdentityRange(container: 0, host: Surroundings.effectiveGroup, size: 1)],
    )
  }
}

extension IdentityRange: ExpressibleByArgument {
  package init?(argument: String) {
    self.init(parsing: argument)
  }
}
