import Archive
import ArgumentParser
import Contents
import ContentStore
import ImageSpec
import Layers
import RootedFiles

/// The verb `swimg ls`.
struct ListFilesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ls",
    abstract: "List files of an image.",
  )

  @OptionGroup var options: MergedImageOptions

  @Flag(name: .shortAndLong, help: "Print mode, owner, size and time, too.")
  var long = false

  @Flag(name: [.customShort("R"), .long], help: "List all below a directory.")
  var recursive = false

  @Option(name: .shortAndLong, help: ArgumentHelp("Print text or json.", valueName: "text|json"))
  var format = TextFormat.text

  @Argument(help: ArgumentHelp("A name, digest or id.", valueName: "image"))
  var selector: ImageSelector

  @Argument(help: ArgumentHelp("A file or directory in the image. Default: /.", valueName: "path"))
  var path = "/"

  func run() throws {
    let subject = "ls \(selector)"
    let image = try options.merged(selector, subject: subject)
    let bytes = Array(path.utf8)
    let top = try wrapping(subject, try image.find(bytes, isFollowing: path.hasSuffix("/")))
    var lines: [FileLine] = []
    func add(_ path: [UInt8], _ node: FileTree.NodeID) {
      lines.append(FileLine(path: path, node: image.tree[node]))
    }
    if !image.tree[top].isDirectory {
      add(bytes, top)
    } else if recursive {
      image.tree.forEachEntry(below: top) { path, node in add(path.bytes, node) }
    } else {
      for entry in image.tree.entries(of: top) { add(Array(entry.name.bytes), entry.node) }
    }
    switch format {
    case .json: Presentation.write(JSONValue.array(lines.map(\.document)).indentedText)
    case .text where long: Presentation.write(table(lines.map(\.row)))
    case .text: for line in lines { Presentation.write(shownWhole(line.path) + "\n") }
    }
  }
}

private struct FileLine {
  let path: [UInt8]
  let node: FileTree.Node

  private var time: Moment { Moment(seconds: node.attributes.modified.seconds) }

  private var size: UInt64? {
    if case .regular(_, _, let size) = node.content { size } else { nil }
  }

  private var target: [UInt8]? {
    if case .symbolicLink(let target) = node.content { target } else { nil }
  }

  private var letter: String {
    switch node.content {
    case .regular: "-"
    case .directory: "d"
    case .symbolicLink: "l"
    case .characterDevice: "c"
    case .blockDevice: "b"
    case .fifo: "p"
    }
  }

  /// As ls(1) writes them.
  private var permissions: String {
    let mode = node.attributes.mode
    var letters: [Character] = []
    for (index, letter) in "rwxrwxrwx".enumerated() {
      letters.append(mode & (0o400 >> UInt32(index)) == 0 ? "-" : letter)
    }
    for (bit, place, set) in [(0o4000, 2, "s"), (0o2000, 5, "s"), (0o1000, 8, "t")]
    where mode & UInt32(bit) != 0 {
      letters[place] = Character(letters[place] == "x" ? set : set.uppercased())
    }
    return String(letters)
  }

  var row: [String] {
    let attributes = node.attributes
    let arrow = target.map { " -> \(shownWhole($0))" } ?? ""
    return [
      letter + permissions, "\(attributes.uid):\(attributes.gid)", size.map { "\($0)" } ?? "-",
      time.description, shownWhole(path) + arrow,
    ]
  }

  var document: JSONValue {
    [
      "path": .string(String(decoding: path, as: UTF8.self)),
      "type": .string(node.content.kind),
      "mode": .string("0" + String(node.attributes.mode, radix: 8)),
      "uid": .integer(node.attributes.uid), "gid": .integer(node.attributes.gid),
      "size": size.map { .integer($0) } ?? .null,
      "modified": .string(time.description.replacing(" ", with: "T") + "Z"),
      "target": target.map { .string(String(decoding: $0, as: UTF8.self)) } ?? .null,
    ]
  }
}
