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

  @Flag(help: "Remove all names of each repository, whatever their tags.")
  var allTags = false

  @Flag(name: .shortAndLong, help: "Print nothing.")
  var quiet = false

  @Argument(
    help: ArgumentHelp("Names; digests or ids for all names of an image.", valueName: "image")
  )
  var selectors: [ImageSelector]

  func run() throws {
    for selector in selectors {
      let subject = "rm \(selector)"
      let store = try store.open(subject)
      let outcome = try wrapping(subject, try store.remove(target(selector)))
      if outcome.swept.isPostponed {
        Presentation.report("\(subject): the store is in use: its blobs go with the next prune")
      }
      guard !quiet else { continue }
      for name in outcome.removedNames { Presentation.write("removed \(name.short)\n") }
      if outcome.removedNames.isEmpty {
        for digest in outcome.removedDigests { Presentation.write("removed \(digest)\n") }
      }
      if !outcome.swept.blobs.isEmpty {
        Presentation.write(
          "freed \(size(outcome.swept.bytes)) in \(outcome.swept.blobs.count) blobs\n"
        )
      }
    }
  }

  func validate() throws {
    for selector in selectors where allTags {
      guard let reference = selector.reference, reference.digest == nil,
        reference.tag == Reference.defaultTag
      else {
        throw ValidationError(
          "--all-tags \"\(selector)\": a repository without a tag is expected"
        )
      }
    }
  }

  private func target(_ selector: ImageSelector) -> RemovalTarget {
    guard allTags, let reference = selector.reference else { return .image(selector) }
    return .repository(reference)
  }
}
