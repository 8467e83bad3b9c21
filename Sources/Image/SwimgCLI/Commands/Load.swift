import ArgumentParser
import ContentStore
import HostProcess
import ImageSpec
import Transfer

/// The verb `swimg load`.
struct LoadCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "load",
    abstract: "Load images from an OCI layout, a tar archive of one, or a docker-archive.",
  )

  @OptionGroup var store: StoreOptions

  @Option(
    name: [.customLong("name"), .customLong("tag"), .customShort("t")],
    help: ArgumentHelp("Write this name only, whatever the archive says.", valueName: "name"),
  )
  var name: Reference?

  @Option(
    help: ArgumentHelp(
      "Write only names that match this pattern; repeatable. Default: all.",
      valueName: "pattern",
    )
  )
  var allow: [String] = []

  @Option(
    help: ArgumentHelp(
      "OS/ARCHITECTURE[/VARIANT]: of an index only this platform; repeatable. Default: all.",
      valueName: "platform",
    )
  )
  var platform: [Platform] = []

  @Flag(name: .shortAndLong, help: "Show no progress and print no names.")
  var quiet = false

  @Argument(help: "A file, a directory, or - for standard input.")
  var source: String

  func run() throws {
    let subject = "load \(source)"
    let isStream = source == "-"
    if isStream, Surroundings.isTerminal(0) {
      throw ValidationError("standard input is a terminal: redirect an archive to it")
    }
    // Opened before the store: a missing source must not leave a new store behind.
    let opened = try wrapping(subject, try LoadSource(path: isStream ? nil : source))
    let bar = ProgressBar("load", isQuiet: quiet, total: try opened.size())
    let request = LoadRequest(
      path: isStream ? nil : source,
      name: name,
      allowed: allow.map { NamePattern($0) },
      platforms: platform,
      progress: { bar.advance(by: $0) },
    )
    let target = try store.openOrMake(subject)
    defer { bar.end() }
    let images: [LoadedImage]
    do throws(TransferError) {
      images = try load(opened, request, into: target)
    } catch {
      throw CommandFailure(subject, error.description, interrupted: error.cause)
    }
    bar.end()
    guard !quiet else { return }
    for image in images {
      let replaced = image.replaced.map { ", in place of \($0.short)" } ?? ""
      Presentation.write("\(image.reference.short) \(image.digest)\(replaced)\n")
    }
  }
}
