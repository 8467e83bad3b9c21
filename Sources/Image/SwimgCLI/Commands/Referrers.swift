import ArgumentParser
import ImageSpec
import Registry
import Transfer

/// The verb `swimg referrers`.
struct ReferrersCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "referrers",
    abstract: "List what is attached to an image in a registry.",
  )

  @OptionGroup var registries: RegistryOptions

  @Option(help: ArgumentHelp("Only what is of this type.", valueName: "type"))
  var artifactType: String?

  @Option(name: .shortAndLong, help: ArgumentHelp("Print text or json.", valueName: "text|json"))
  var format = TextFormat.text

  @Argument(help: ArgumentHelp("A name with a tag or digest.", valueName: "image"))
  var reference: Reference

  func run() throws {
    let subject = "referrers \(reference.short)"
    let access = try registries.access(subject)
    let found = try wrapping(subject, try referrers(of: reference, access))
    let shown = found.manifests.filter { artifactType == nil || $0.artifactType == artifactType }
    switch format {
    case .json:
      let document: JSONValue = [
        "subject": .string(found.subject.description),
        "referrers": .array(shown.map { .object($0.object) }),
      ]
      Presentation.write(document.indentedText)
    case .text:
      for manifest in shown {
        let type = safe(manifest.artifactType ?? manifest.mediaType)
        Presentation.write("\(manifest.digest) \(type)\n")
      }
    }
  }
}

/// The verb `swimg attach`.
struct AttachCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attach",
    abstract: "Attach files to an image in a registry.",
  )

  @OptionGroup var registries: RegistryOptions

  @Option(
    help: ArgumentHelp("What the files are together, a media type.", valueName: "type")
  )
  var artifactType: String

  @Option(help: ArgumentHelp("KEY=VALUE; repeatable.", valueName: "annotation"))
  var annotation: [Annotation] = []

  @Option(help: ArgumentHelp("auto, json or none.", valueName: "style"))
  var progress = ProgressStyle.auto

  @Flag(name: .shortAndLong, help: "Show no progress and print no digest.")
  var quiet = false

  @Argument(help: ArgumentHelp("A name with a tag or digest.", valueName: "image"))
  var reference: Reference

  @Argument(help: ArgumentHelp("FILE or FILE:MEDIA-TYPE.", valueName: "file"))
  var files: [AttachedFile] = []

  func validate() throws {
    guard artifactType.contains("/"), !artifactType.contains(" ") else {
      throw ValidationError("--artifact-type \(artifactType): a media type is expected")
    }
    guard Set(annotation.map(\.key)).count == annotation.count else {
      throw ValidationError("--annotation: a key is given twice")
    }
    guard !files.isEmpty || !annotation.isEmpty else {
      throw ValidationError("nothing is to be attached: neither files nor annotations")
    }
  }

  func run() throws {
    let subject = "attach \(reference.short)"
    let access = try registries.access(subject)
    let display = TransferDisplay(progress, isQuiet: quiet)
    defer { display.finish() }
    let request = AttachRequest(
      to: reference,
      artifactType: artifactType,
      files: files.map { AttachRequest.File(path: $0.path, mediaType: $0.mediaType) },
      annotations: annotation.map { ($0.key, $0.value) },
      progress: display,
    )
    let attached = try wrapping(subject, try attach(request, access))
    display.finish()
    if !quiet { Presentation.write("\(attached.digest)\n") }
  }
}

/// A key and a value on the command line.
struct Annotation: ExpressibleByArgument {
  let key: String
  let value: String

  init?(argument: String) {
    guard let equals = argument.firstIndex(of: "="), equals > argument.startIndex else {
      return nil
    }
    key = String(argument[..<equals])
    value = String(argument[argument.index(after: equals)...])
  }
}

/// A file on the command line, with its media type.
struct AttachedFile: ExpressibleByArgument {
  let path: String
  let mediaType: String

  init?(argument: String) {
    // A media type has a slash and no colon: in any other case the colon is the file's.
    if let colon = argument.lastIndex(of: ":"),
      case let type = argument[argument.index(after: colon)...],
      type.split(separator: "/", omittingEmptySubsequences: false).count == 2,
      type.first?.isLetter == true
    {
      path = String(argument[..<colon])
      mediaType = String(type)
    } else {
      path = argument
      mediaType = "application/octet-stream"
    }
    guard !path.isEmpty else { return nil }
  }
}
