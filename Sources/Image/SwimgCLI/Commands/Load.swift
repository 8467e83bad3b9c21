import ArgumentParser
import ContentStore
import HostProcess
import ImageSpec
import RootedFiles
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
    let bar = ProgressBar("load", isQuiet: quiet, total: isStream ? nil : fileSize(source))
    let request = LoadRequest(
      source: isStream ? .standardInput : .path(source),
      name: name,
      progress: { bar.advance(by: $0) },
    )
    // The store is made only when there is something to load.
    if !isStream { try wrapping(subject, try checkReadable(source)) }
    let target = try store.openOrMake(subject)
    defer { bar.end() }
    let images = try wrapping(subject, try load(request, into: target))
    bar.end()
    guard !quiet else { return }
    for image in images {
      let replaced = image.replaced.map { ", in place of \($0.short)" } ?? ""
      Presentation.write("\(image.reference.short) \(image.digest)\(replaced)\n")
    }
  }
}

/// A missing source must not leave a new store behind.
private func checkReadable(_ path: String) throws(FileError) {
  _ = try OwnedDescriptor(openingFileAtPath: path)
}

/// The size of a regular file, to measure progress by.
private func fileSize(_ path: String) -> Int64? {
  do throws(FileError) {
    let status = try OwnedDescriptor(openingFileAtPath: path).status()
    return status.kind == .regular ? status.size : nil
  } catch {
    // The load itself will tell what is wrong.
    return nil
  }
}
