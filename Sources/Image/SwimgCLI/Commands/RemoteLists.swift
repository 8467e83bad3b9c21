import ArgumentParser
import ImageSpec
import Registry

/// The verb `swimg tags`.
struct TagsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tags",
    abstract: "List the tags of a repository.",
  )

  @OptionGroup var registries: RegistryOptions

  @Argument(help: ArgumentHelp("A name without a tag.", valueName: "repository"))
  var repository: Reference

  func run() throws {
    let subject = "tags \(repository.domain)/\(repository.path)"
    let access = try registries.access(subject)
    for tag in try wrapping(subject, try tags(access)) { Presentation.write("\(tag)\n") }
  }

  private func tags(_ access: RegistryAccess) throws(RegistryError) -> [String] {
    // A mirror need not have them all: the registry itself is asked.
    guard let place = try access.places(of: repository, forPulling: false).last else { return [] }
    return try RegistryClient(place, access).tags()
  }
}

/// The verb `swimg search`.
struct SearchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "search",
    abstract: "List the repositories of a registry that has a catalogue.",
  )

  @OptionGroup var registries: RegistryOptions

  @Argument(
    help: ArgumentHelp("host[:port], or with /TERM a part of the names.", valueName: "registry")
  )
  var registry: RegistryName

  func run() throws {
    let subject = "search \(registry.registry)"
    let access = try registries.access(subject)
    let found = try wrapping(subject, try repositories(access))
    for path in found { Presentation.write("\(registry.registry)/\(path)\n") }
  }

  private func repositories(_ access: RegistryAccess) throws(RegistryError) -> [String] {
    let place = try access.place(ofRegistry: registry.registry)
    let all = try RegistryClient(place, access).catalog()
    return all.filter { path in
      registry.rest.isEmpty || path.contains(registry.rest)
    }
  }
}

/// The verb `swimg delete`.
struct DeleteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete",
    abstract: "Delete a tag, or a digest with all its tags, from a registry.",
  )

  @OptionGroup var registries: RegistryOptions

  @Argument(help: ArgumentHelp("A name with a tag or digest.", valueName: "image"))
  var reference: Reference

  func run() throws {
    let subject = "delete \(reference.short)"
    let access = try registries.access(subject)
    try wrapping(subject, try delete(access))
  }

  private func delete(_ access: RegistryAccess) throws {
    guard let place = try access.places(of: reference, forPulling: false).last else { return }
    let client = try RegistryClient(place, access)
    do throws(RegistryError) {
      try client.deleteManifest(ManifestReference(reference))
    } catch {
      guard let code = error.statusCode, reference.digest == nil, [400, 405].contains(code) else {
        throw error
      }
      let digest = try client.manifestDigest(ManifestReference(reference))
      let name = "\(reference.domain)/\(reference.path)@\(digest?.description ?? "DIGEST")"
      throw CommandFailure(
        "delete \(reference.short)",
        "this registry deletes no single tag; \(name) would go with all its tags",
      )
    }
  }
}
