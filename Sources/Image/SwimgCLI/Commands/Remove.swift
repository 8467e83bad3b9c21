import ArgumentParser
import ContentStore
import ImageSpec

/// The verb `swimg rm`.
struct RemoveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rm",
    abstract: "Remove names, and what no image needs any more.",
  )

  @OptionGroup var store: StoreOptions

  @Flag(name: .shortAndLong, help: "Print nothing.")
  var quiet = false

  @Argument(help: ArgumentHelp("Names, or digests for all names of an image.", valueName: "image"))
  var selectors: [ImageSelector]

  func run() throws {
    for selector in selectors {
      let subject = "rm \(selector)"
      let store = try store.open(subject)
      let outcome = try wrapping(subject, try store.remove(selector))
      if outcome.swept.isPostponed {
        Presentation.report("\(subject): the store is in use: its blobs go with the next prune")
      }
      guard !quiet else { continue }
      for name in outcome.removedNames { Presentation.write("removed \(name.short)\n") }
      if !outcome.swept.blobs.isEmpty {
        Presentation.write(
          "freed \(size(outcome.swept.bytes)) in \(outcome.swept.blobs.count) blobs\n"
        )
      }
    }
  }
}
