package import ContentStore
package import ImageSpec

/// Which images a list shows.
///
/// Those that meet one of the references, all labels, and everything else that is asked for.
package struct ImageFilter: Sendable {
  private var isDangling: Bool?
  private var patterns: [NamePattern] = []
  private var labels: [(key: String, value: String?)] = []
  private var platforms: [Platform] = []
  private var before: [ImageSelector] = []
  private var since: [ImageSelector] = []

  /// - Throws: for a key or value that means nothing.
  package init(_ texts: [String]) throws(FilterError) {
    for text in texts { try add(text) }
  }

  private mutating func add(_ text: String) throws(FilterError) {
    guard let equals = text.firstIndex(of: "=") else {
      throw FilterError(text: text, problem: "KEY=VALUE is expected")
    }
    let value = String(text[text.index(after: equals)...])
    switch text[..<equals] {
    case "dangling":
      guard let flag = ["true": true, "false": false][value] else {
        throw FilterError(text: text, problem: "true or false is expected")
      }
      isDangling = flag
    case "reference": patterns.append(NamePattern(value))
    case "label":
      let parts = value.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      labels.append((String(parts[0]), parts.count > 1 ? String(parts[1]) : nil))
    case "platform":
      guard let platform = Platform(parsing: value) else {
        throw FilterError(text: text, problem: "OS/ARCHITECTURE[/VARIANT] is expected")
      }
      platforms.append(platform)
    case "before": before.append(try selector(value, in: text))
    case "since", "after": since.append(try selector(value, in: text))
    default:
      throw FilterError(
        text: text,
        problem: "dangling, reference, label, platform, before or since is expected",
      )
    }
  }

  private func selector(_ value: String, in text: String) throws(FilterError) -> ImageSelector {
    do throws(ReferenceError) {
      return try ImageSelector(parsing: value)
    } catch {
      throw FilterError(text: text, problem: error.description)
    }
  }

  /// The images of a survey that pass, each with the names that pass.
  /// - Throws: when an image that others are compared with is not there.
  package func passing(
    _ survey: Survey,
    in store: ContentStore,
  ) throws(StoreError) -> [(image: SurveyedImage, references: [Reference])] {
    var earliest: Moment?
    var latest: Moment?
    for selector in since {
      let moment = try moment(of: selector, in: store)
      earliest = max(earliest ?? moment, moment)
    }
    for selector in before {
      let moment = try moment(of: selector, in: store)
      latest = min(latest ?? moment, moment)
    }
    return survey.images.compactMap { image in
      guard passes(image) else { return nil }
      if let earliest, image.created.map({ $0 > earliest }) != true { return nil }
      if let latest, image.created.map({ $0 < latest }) != true { return nil }
      guard !patterns.isEmpty else { return (image, image.references) }
      let named = image.references.filter { reference in
        patterns.contains { $0.matches(reference) }
      }
      return named.isEmpty ? nil : (image, named)
    }
  }

  private func moment(
    of selector: ImageSelector,
    in store: ContentStore,
  ) throws(StoreError) -> Moment {
    let image = try store.settled(isCertain: { _ in false }) { () throws(StoreError) in
      try store.primaryImage(below: try store.find(selector))
    }
    guard let text = image.configuration.created, let moment = Moment(parsing: text) else {
      throw .document(
        subject: selector.description,
        .field(path: "created", problem: "the image does not say when it was made"),
      )
    }
    return moment
  }

  private func passes(_ image: SurveyedImage) -> Bool {
    if let isDangling, isDangling != image.references.isEmpty { return false }
    if !platforms.isEmpty,
      !image.images.contains(where: { image in
        platforms.contains { $0.accepts(image.platform) }
      })
    {
      return false
    }
    let present = image.primary?.configuration.execution.labels ?? []
    return labels.allSatisfy { key, value in
      present.contains { $0.key == key && (value == nil || $0.value == value) }
    }
  }
}

/// Why a text is no filter.
package struct FilterError: Error, CustomStringConvertible {
  package let text: String
  package let problem: String

  package var description: String { "--filter \"\(text)\": \(problem)" }
}

extension ContentStore {
  /// The image for this machine, or the first that is there: nothing is run, so any tells something.
  package func primaryImage(below top: Descriptor) throws(StoreError) -> ResolvedImage {
    var first: ResolvedImage?
    var offered: [Platform] = []
    var known: [Digest: ResolvedImage] = [:]
    var met: Set<Digest> = []
    for descriptor in try tree(of: top).manifests {
      if let image = known[descriptor.digest]?.described(by: descriptor) {
        if Platform.host.accepts(image.platform) { return image }
        offered.append(image.platform)
        continue
      }
      guard met.insert(descriptor.digest).inserted, try blobSize(descriptor.digest) != nil else {
        continue
      }
      try stopIfInterrupted()
      guard MediaType.isConfiguration(try manifest(descriptor).configuration.mediaType) else {
        continue
      }
      let image = try image(descriptor, top: top)
      known[descriptor.digest] = image
      if Platform.host.accepts(image.platform) { return image }
      offered.append(image.platform)
      first = first ?? image
    }
    guard let first else { throw .noPlatform(wanted: .host, offered: offered) }
    return first
  }
}
