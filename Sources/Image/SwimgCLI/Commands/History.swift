import ArgumentParser
import ContentStore
import ImageSpec
import Upkeep

/// The verb `swimg history`.
struct HistoryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history",
    abstract: "Show how an image was made, the last step first.",
  )

  @OptionGroup var store: StoreOptions

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Print a table, json, or {{.Field}}s of each step.",
      valueName: "table|json|template",
    ),
  )
  var format = OutputFormat.table

  @Flag(help: "Do not cut commands short in the table.")
  var noTrunc = false

  @Option(help: ArgumentHelp("OS/ARCHITECTURE[/VARIANT] of the image.", valueName: "platform"))
  var platform: Platform?

  @Argument(help: ArgumentHelp("A name, digest or id.", valueName: "image"))
  var selector: ImageSelector

  func run() throws {
    let subject = "history \(selector)"
    let store = try store.open(subject)
    let image = try wrapping(
      subject,
      try store.settled(isCertain: { _ in false }) { () throws(StoreError) in
        try store.image(below: try store.find(selector), for: platform)
      },
    )
    let steps = try wrapping(subject, try steps(of: image))
    try Presentation.write(
      steps.map(\.document),
      as: format,
      header: ["CREATED", "SIZE", "LAYER", "CREATED BY"],
      rows: steps.map { $0.row(isCut: !noTrunc) },
    )
  }

  /// Layers belong to the steps that are not empty, in their order.
  private func steps(of image: ResolvedImage) throws -> [HistoryStep] {
    var layers = image.manifest.layers[...]
    var steps: [HistoryStep] = []
    for step in try image.configuration.history() {
      let layer = step.isEmpty ? nil : layers.popFirst()
      steps.append(HistoryStep(step: step, layer: layer))
    }
    // A configuration need not tell of all its layers.
    steps += layers.map { HistoryStep(step: nil, layer: $0) }
    return steps.reversed()
  }
}

private struct HistoryStep {
  let step: BuildStep?
  let layer: Descriptor?

  func row(isCut: Bool) -> [String] {
    let command = safe(step?.createdBy ?? step?.comment ?? "")
    let isLong = isCut && command.count > 60
    return [
      step?.created.flatMap { Moment(parsing: $0)?.description } ?? "-",
      layer.map { size($0.size) } ?? "0 B", layer?.digest.short ?? "-",
      isLong ? command.prefix(59) + "…" : command,
    ]
  }

  var document: JSONValue {
    func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
    return [
      "created": text(step?.created), "createdBy": text(step?.createdBy),
      "author": text(step?.author), "comment": text(step?.comment),
      "size": .integer(layer?.size ?? 0), "layer": text(layer?.digest.description),
    ]
  }
}

extension ContentStore {
  /// The image for a platform, or where none is asked for this machine's, or the first.
  func image(below top: Descriptor, for platform: Platform?) throws(StoreError) -> ResolvedImage {
    guard let platform else { return try primaryImage(below: top) }
    return try image(below: top, for: platform)
  }
}
