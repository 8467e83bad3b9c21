import ArgumentParser
import ContentStore
import ImageSpec
import Upkeep

/// The verb `swimg df`.
struct DiskUseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "df",
    abstract: "Show what takes up room in the store, and what a prune would free.",
  )

  @OptionGroup var store: StoreOptions

  @Option(name: .shortAndLong, help: ArgumentHelp("Print text or json.", valueName: "text|json"))
  var format = TextFormat.text

  func run() throws {
    let store = try store.open("df")
    let use = try wrapping("df", try DiskUse(store))
    let parts = [
      ("images", use.images), ("layers", use.layers), ("documents", use.documents),
      ("unused", use.unused), ("partial", use.partial),
    ]
    switch format {
    case .json:
      let members = parts.map { name, part -> JSONObject.Member in
        let value: JSONValue = [
          "count": .integer(part.count), "size": .integer(part.bytes),
          "reclaimable": .integer(part.reclaimable),
        ]
        return JSONObject.Member(key: name, value: value)
      }
      Presentation.write(JSONValue.object(JSONObject(members)).indentedText)
    case .text:
      let rows = parts.map { name, part in
        [name, String(part.count), size(part.bytes), size(part.reclaimable)]
      }
      Presentation.write(table([["PART", "COUNT", "SIZE", "RECLAIMABLE"]] + rows))
    }
  }
}
