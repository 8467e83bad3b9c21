import ArgumentParser
import ContentStore
import ImageSpec

/// How a verb prints what it found.
enum ListFormat: String, ExpressibleByArgument, CaseIterable {
  case table
  case json
}

/// The verb `swimg list`.
struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List the images of the store.",
    aliases: ["ls"],
  )

  @OptionGroup var store: StoreOptions

  @Option(name: .shortAndLong, help: "table or json.")
  var format = ListFormat.table

  @Flag(name: .shortAndLong, help: "Print names only.")
  var quiet = false

  func run() throws {
    let images = try entries().map { try summary(of: $0) }
    if quiet {
      Presentation.write(images.map { "\($0.entry.reference.short)\n" }.joined())
      return
    }
    switch format {
    case .json: Presentation.write(JSONValue.array(images.map(\.document)).indentedText)
    case .table:
      let rows = images.map(\.row)
      Presentation.write(table([["NAME", "DIGEST", "PLATFORM", "SIZE"]] + rows))
    }
  }

  /// A store that nobody has made yet is an empty one.
  private func entries() throws(CommandFailure) -> [(StoreEntry, ContentStore)] {
    let path = try store.path()
    do throws(StoreError) {
      let store = try ContentStore(opening: path)
      return try store.entries().map { ($0, store) }
    } catch .noStore {
      return []
    } catch {
      throw CommandFailure("list", "\(error)")
    }
  }

  private func summary(
    of entry: (StoreEntry, ContentStore)
  ) throws(CommandFailure) -> ImageSummary {
    do throws(StoreError) {
      return try ImageSummary(entry.0, in: entry.1)
    } catch .file(let error) {
      throw CommandFailure("list", "\(error)")
    } catch {
      // One damaged image must not hide the others.
      return ImageSummary(damaged: entry.0, problem: error.description)
    }
  }
}

/// What a list says of one image.
struct ImageSummary {
  let entry: StoreEntry
  private let platforms: [Platform]
  private let bytes: Int64
  private let problem: String?

  init(_ entry: StoreEntry, in store: ContentStore) throws(StoreError) {
    self.entry = entry
    var platforms: [Platform] = []
    var layers: [Digest: Int64] = [:]
    for descriptor in try store.tree(of: entry.descriptor).manifests
    where try store.blobSize(descriptor.digest) != nil {
      let manifest = try store.manifest(descriptor)
      guard MediaType.isConfiguration(manifest.configuration.mediaType) else { continue }
      let image = try store.image(descriptor, top: entry.descriptor)
      platforms.append(descriptor.platform ?? image.configuration.platform)
      for layer in manifest.layers { layers[layer.digest] = layer.size }
    }
    self.platforms = platforms
    bytes = Manifest.total(layers.values)
    problem = nil
  }

  init(damaged entry: StoreEntry, problem: String) {
    self.entry = entry
    platforms = []
    bytes = 0
    self.problem = problem
  }

  var row: [String] {
    let shownPlatforms = platforms.map { safe($0.description) }.joined(separator: ",")
    return [
      entry.reference.short, entry.descriptor.digest.short,
      problem == nil ? shownPlatforms : "damaged", problem == nil ? size(bytes) : "-",
    ]
  }

  var document: JSONValue {
    var document: JSONObject = [
      "name": .string(entry.reference.description),
      "digest": .string(entry.descriptor.digest.description),
      "mediaType": .string(entry.descriptor.mediaType),
      "platforms": .strings(platforms.map(\.description)),
      "size": .integer(bytes),
    ]
    if let problem { document["problem"] = .string(problem) }
    return .object(document)
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
