import ArgumentParser
import ContentStore
import ImageSpec
import RootedFiles
import Upkeep

/// The verb `swimg inspect`.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show what an image is made of.",
  )

  @OptionGroup var store: StoreOptions

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Print text, json, or {{.Field}}s, as {{.Config.Env}}.",
      valueName: "text|json|template",
    ),
  )
  var format = OutputFormat.table

  @Option(help: ArgumentHelp("OS/ARCHITECTURE[/VARIANT] of the image.", valueName: "platform"))
  var platform: Platform?

  @Argument(help: ArgumentHelp("A name or digest.", valueName: "image"))
  var selector: ImageSelector

  func run() throws {
    let subject = "inspect \(selector)"
    let store = try store.open(subject)
    let inspection = try wrapping(subject, try Inspection(selector, platform, in: store))
    switch format {
    case .table: Presentation.write(table(inspection.lines.map { [$0 + ":", $1] }))
    case .json: Presentation.write(inspection.document.indentedText)
    case .template(let template):
      Presentation.write(try template.text(for: inspection.fields) + "\n")
    }
  }
}

/// An image and the platforms that its name stands for.
private struct Inspection {
  private let image: ResolvedImage
  private let platforms: [Platform]
  private let name: String

  init(
    _ selector: ImageSelector,
    _ platform: Platform?,
    in store: ContentStore,
  ) throws(StoreError) {
    name = selector.description
    (image, platforms) = try store.settled(isCertain: { _ in false }) { () throws(StoreError) in
      let top = try store.find(selector)
      return (
        try store.image(below: top, for: platform),
        try store.tree(of: top).manifests.compactMap(\.platform)
      )
    }
  }

  /// Names and values, as people read them.
  var lines: [(String, String)] {
    let configuration = image.configuration
    let execution = configuration.execution
    var lines = [
      ("Name", name),
      ("Digest", image.top.digest.description),
      ("ID", image.manifest.configuration.digest.description),
      ("Media type", image.top.mediaType),
      ("Platform", configuration.platform.description),
    ]
    if platforms.count > 1 {
      lines.append(("Platforms", platforms.map(\.description).joined(separator: ", ")))
      lines.append(("Manifest", image.descriptor.digest.description))
    }
    let optional: [(String, String?)] = [
      ("Created", configuration.created), ("Author", configuration.author),
      ("User", execution.user), ("Directory", execution.workingDirectory),
      ("Entrypoint", list(execution.entrypoint)), ("Command", list(execution.command)),
      ("Stop signal", execution.stopSignal),
    ]
    for (key, value) in optional {
      if let value, !value.isEmpty { lines.append((key, value)) }
    }
    lines += execution.environment.map { ("Environment", $0) }
    lines += execution.exposedPorts.map { ("Port", $0) }
    lines += execution.volumes.map { ("Volume", $0) }
    lines += execution.labels.map { ("Label", "\($0.key)=\($0.value)") }
    lines += image.manifest.layers.map { ("Layer", "\($0.digest) \(size($0.size))") }
    return lines.map { ($0, safe($1)) }
  }

  private func list(_ words: [String]) -> String? {
    words.isEmpty ? nil : JSONValue.strings(words).compactText
  }

  /// What a template may ask for: the document's fields and those of the configuration as well.
  var fields: JSONValue {
    guard case .object(var fields) = document else { return document }
    for member in image.configuration.document.members where fields[member.key] == nil {
      fields[member.key] = member.value
    }
    return .object(fields)
  }

  var document: JSONValue {
    let layers = zip(image.manifest.layers, image.configuration.diffIDs).map {
      layer,
      diffID -> JSONValue in
      [
        "digest": .string(layer.digest.description), "size": .integer(layer.size),
        "mediaType": .string(layer.mediaType), "diffID": .string(diffID.description),
      ]
    }
    return [
      "name": .string(name),
      "digest": .string(image.top.digest.description),
      "id": .string(image.manifest.configuration.digest.description),
      "mediaType": .string(image.top.mediaType),
      "manifest": .string(image.descriptor.digest.description),
      "platform": .string(image.configuration.platform.description),
      "platforms": .strings(platforms.map(\.description)),
      "layers": .array(layers),
      "configuration": .object(image.configuration.document),
    ]
  }
}

/// Text of an image's author, made fit for a terminal.
func safe(_ text: String) -> String { shown(text.utf8) }
