import ArgumentParser
import ContentStore
import ImageSpec

/// The verb `swimg tag`.
struct TagCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tag",
    abstract: "Give an image one more name.",
  )

  @OptionGroup var store: StoreOptions

  @Argument(help: ArgumentHelp("A name or digest.", valueName: "image"))
  var selector: ImageSelector

  @Argument(help: ArgumentHelp("The new name.", valueName: "name"))
  var name: Reference

  func validate() throws {
    guard name.digest == nil else {
      throw ValidationError("\"\(name.short)\": a digest is no part of a name to be written")
    }
  }

  func run() throws {
    let subject = "tag \(selector)"
    let store = try store.open(subject)
    _ = try wrapping(subject, try store.tag(selector, as: name))
  }
}
