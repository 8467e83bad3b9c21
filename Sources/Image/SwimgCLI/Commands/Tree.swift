import ArgumentParser
import ContentStore
import ImageSpec
import Upkeep

/// The verb `swimg tree`.
struct TreeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tree",
    abstract: "Show which images stand on the same layers.",
  )

  @OptionGroup var store: StoreOptions

  @Option(name: .shortAndLong, help: ArgumentHelp("Print text or json.", valueName: "text|json"))
  var format = TextFormat.text

  func run() throws {
    let path = try store.path()
    let forest: LayerForest
    do throws(StoreError) {
      forest = LayerForest(try Survey(try ContentStore(opening: path)))
    } catch .noStore {
      return
    } catch {
      throw CommandFailure("tree", "\(error)", interrupted: error.cause)
    }
    switch format {
    case .json: Presentation.write(forest.document.indentedText)
    case .text: Presentation.write(forest.text)
    }
  }
}

/// Text for people, or JSON.
enum TextFormat: String, ExpressibleByArgument, CaseIterable {
  case text
  case json
}

extension LayerForest {
  fileprivate var text: String {
    var text = ""
    for (node, branches) in drawing {
      var line = branches.dropLast().map { $0 ? "│ " : "  " }.joined()
      if let last = branches.last { line += last ? "├ " : "└ " }
      line += "\(node.layer.short) \(size(node.size))"
      if !node.images.isEmpty { line += "  " + node.images.map(\.text).joined(separator: ", ") }
      text += line + "\n"
    }
    for image in bare { text += "(no layer)  \(image.text)\n" }
    return text
  }

  fileprivate var document: JSONValue {
    var parents: [Int?] = Array(repeating: nil, count: nodes.count)
    for (index, node) in nodes.enumerated() {
      for child in node.children { parents[child] = index }
    }
    let layers = zip(nodes, parents).map { node, parent -> JSONValue in
      [
        "layer": .string(node.layer.description), "size": .integer(node.size),
        "parent": parent.map { .integer($0) } ?? .null,
        "images": .array(node.images.map(\.document)),
      ]
    }
    return ["layers": .array(layers), "bare": .array(bare.map(\.document))]
  }
}

extension LayeredImage {
  fileprivate var text: String {
    let names = references.isEmpty ? [digest.short] : references.map(\.short)
    return names.joined(separator: ", ") + (platform.map { " (\(safe($0.description)))" } ?? "")
  }

  fileprivate var document: JSONValue {
    [
      "digest": .string(digest.description), "names": .strings(references.map(\.description)),
      "platform": platform.map { .string($0.description) } ?? .null,
    ]
  }
}
