import ArgumentParser
import ContentStore
import ImageSpec
import Upkeep

/// The verb `swimg list`.
struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List the images of the store.",
    aliases: ["images"],
  )

  @OptionGroup var store: StoreOptions

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Print a table, json, or {{.Field}}s of each name.",
      valueName: "table|json|template",
    ),
  )
  var format = OutputFormat.table

  @Option(
    help: ArgumentHelp(
      "Show only images with dangling=BOOL, reference=PATTERN, label=KEY[=VALUE], "
        + "platform=PLATFORM, before=IMAGE or since=IMAGE. Repeatable.",
      valueName: "key=value",
    )
  )
  var filter: [String] = []

  @Flag(name: .shortAndLong, help: "Print names only, or the digest of what has none.")
  var quiet = false

  @Argument(help: ArgumentHelp("Only names that match this pattern.", valueName: "pattern"))
  var patterns: [String] = []

  private func filters() throws -> ImageFilter {
    do throws(FilterError) {
      return try ImageFilter(filter + patterns.map { "reference=\($0)" })
    } catch {
      throw ValidationError(error.description)
    }
  }

  func validate() throws {
    _ = try filters()
  }

  func run() throws {
    let items = try items(try filters())
    if quiet {
      Presentation.write(items.map { "\($0.shownName)\n" }.joined())
      return
    }
    try Presentation.write(
      items.map(\.document),
      as: format,
      header: ["NAME", "DIGEST", "PLATFORM", "CREATED", "SIZE", "OWN"],
      rows: items.map(\.row),
    )
  }

  /// A store that nobody has made yet is an empty one.
  private func items(_ filter: ImageFilter) throws(CommandFailure) -> [ListItem] {
    let path = try store.path()
    do throws(StoreError) {
      let store = try ContentStore(opening: path)
      let survey = try Survey(store)
      return try filter.passing(survey, in: store).flatMap { image, references in
        let own = survey.ownBytes(of: image)
        let names: [Reference?] = references.isEmpty ? [nil] : references
        return names.map { ListItem(image: image, reference: $0, ownBytes: own) }
      }
      .sorted { $0.sortKey < $1.sortKey }
    } catch .noStore {
      return []
    } catch {
      throw CommandFailure("list", "\(error)", interrupted: error.cause)
    }
  }
}

/// One line of a list: an image under one of its names.
private struct ListItem {
  let image: SurveyedImage
  let reference: Reference?
  let ownBytes: Int64

  var sortKey: (Int, String) {
    reference.map { (0, $0.description) } ?? (1, image.top.digest.encoded)
  }

  var shownName: String { reference?.short ?? image.top.digest.short }

  private var platforms: [Platform] { image.images.map(\.platform) }

  var row: [String] {
    let name = reference?.short ?? "<none>"
    guard image.problem == nil else {
      return [name, image.top.digest.short, "damaged", "-", "-", "-"]
    }
    return [
      name, image.top.digest.short, platforms.map { safe($0.description) }.joined(separator: ","),
      image.created?.description ?? "-", size(image.layerBytes), size(ownBytes),
    ]
  }

  var document: JSONValue {
    let digest = image.top.digest
    var document: JSONObject = [
      "name": reference.map { .string($0.description) } ?? .null,
      "repository": reference.map { .string($0.repository) } ?? "<none>",
      "tag": reference?.tag.map { .string($0) } ?? "<none>",
      "digest": .string(digest.description),
      "id": image.id.map { .string($0.description) } ?? .null,
      "mediaType": .string(image.top.mediaType),
      "platforms": .strings(platforms.map(\.description)),
      "created": image.primary?.configuration.created.map { .string($0) } ?? .null,
      "size": .integer(image.layerBytes),
      "own": .integer(ownBytes),
      "shared": .integer(image.layerBytes - ownBytes),
      "layers": .strings(image.primary?.manifest.layers.map(\.digest.description) ?? []),
      "labels": labels,
    ]
    if let problem = image.problem { document["problem"] = .string(problem) }
    return .object(document)
  }

  private var labels: JSONValue {
    let labels = image.primary?.configuration.execution.labels ?? []
    return .object(
      JSONObject(labels.map { JSONObject.Member(key: $0.key, value: .string($0.value)) })
    )
  }
}

extension Reference {
  /// The short name without tag and digest.
  var repository: String {
    var text = short[...]
    if let at = text.firstIndex(of: "@") { text = text[..<at] }
    let slash = text.lastIndex(of: "/") ?? text.startIndex
    if let colon = text[slash...].firstIndex(of: ":") { text = text[..<colon] }
    return String(text)
  }
}

/// Rows in columns, two spaces apart.
func table(_ rows: [[String]]) -> String {
  let columns = rows.first?.count ?? 0
  let widths = (0..<columns).map { column in rows.map { $0[column].count }.max() ?? 0 }
  return rows.map { row in
    var line = ""
    for (column, cell) in row.enumerated() {
      let isLast = column == columns - 1
      line += isLast ? cell : cell + String(repeating: " ", count: widths[column] - cell.count + 2)
    }
    return line + "\n"
  }.joined()
}
