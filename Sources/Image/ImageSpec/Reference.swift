/// The name of an image: registry, repository, and a tag or digest or both.
///
/// Kept in full; `docker.io`, `library/` and `latest` are added where a short name leaves them out,
/// and left out again for people.
/// Spec: distribution-spec, "Pulling manifests"; the short form is Docker's.
package struct Reference: Hashable, Sendable, CustomStringConvertible {
  /// The registry's host, with its port.
  package let domain: String
  /// The repository's path below the registry.
  package let path: String
  package let tag: String?
  package let digest: Digest?

  private static let defaultDomain = "docker.io"
  private static let officialPrefix = "library/"
  package static let defaultTag = "latest"

  private init(domain: String, path: String, tag: String?, digest: Digest?) {
    self.domain = domain
    self.path = path
    self.tag = tag
    self.digest = digest
  }

  /// Reads a full or short name.
  ///
  /// Without tag and digest the tag is `latest`.
  /// - Throws: when the text breaks the grammar.
  package init(parsing text: String) throws(ReferenceError) {
    var rest = Substring(text)
    var digest: Digest?
    if let at = rest.firstIndex(of: "@") {
      do throws(DigestError) {
        digest = try Digest(parsing: String(rest[rest.index(after: at)...]))
      } catch {
        throw ReferenceError(text: text, problem: error.description)
      }
      rest = rest[..<at]
    }
    var tag: String?
    let lastSlash = rest.lastIndex(of: "/") ?? rest.startIndex
    if let colon = rest[lastSlash...].firstIndex(of: ":") {
      tag = String(rest[rest.index(after: colon)...])
      rest = rest[..<colon]
    }
    if let tag, !Reference.isTag(tag) {
      throw ReferenceError(text: text, problem: "the tag \"\(tag.prefix(200))\" is not valid")
    }
    let (domain, path) = try Reference.repository(of: rest, in: text)
    self.init(
      domain: domain,
      path: path,
      tag: tag ?? (digest == nil ? Reference.defaultTag : nil),
      digest: digest,
    )
  }

  private static func repository(
    of name: Substring,
    in text: String,
  ) throws(ReferenceError) -> (domain: String, path: String) {
    var domain = defaultDomain
    var path = name
    if let slash = name.firstIndex(of: "/"), isDomainByConvention(name[..<slash]) {
      domain = String(name[..<slash])
      path = name[name.index(after: slash)...]
      guard isDomain(domain) else {
        throw ReferenceError(text: text, problem: "the registry \"\(domain)\" is not valid")
      }
    }
    if domain == "index.docker.io" { domain = defaultDomain }
    let isOfficial = domain == defaultDomain && !path.contains("/")
    let fullPath = (isOfficial ? officialPrefix : "") + path
    guard isRepositoryPath(fullPath) else {
      throw ReferenceError(
        text: text,
        problem: path.isEmpty
          ? "the repository's name is empty"
          : "\"\(path.prefix(200))\" is no repository name (lower case letters, digits, . _ - /)",
      )
    }
    guard domain.utf8.count + 1 + fullPath.utf8.count <= 255 else {
      throw ReferenceError(text: "\(text.prefix(40))…", problem: "longer than 255 bytes")
    }
    return (domain, fullPath)
  }

  /// The full name, as it stands in a store's index.
  package var description: String { "\(domain)/\(path)\(suffix)" }

  /// The name as people write it.
  package var short: String {
    guard domain == Reference.defaultDomain else { return description }
    let shown =
      path.hasPrefix(Reference.officialPrefix)
      ? String(path.dropFirst(Reference.officialPrefix.count)) : path
    // A slash may make the short form read as another name: "library/a/b", or "a.b/c" with a
    // first part that looks like a registry.
    if let slash = shown.firstIndex(of: "/") {
      guard shown == path, !isDomainByConvention(shown[..<slash]) else { return description }
    }
    return shown + suffix
  }

  /// The last part of the repository's path.
  package var baseName: String { String(path.pathSteps.last ?? "image") }

  /// The same repository with another tag.
  /// - Throws: when the tag breaks the grammar.
  package func withTag(_ tag: String) throws(ReferenceError) -> Reference {
    guard Reference.isTag(tag) else {
      throw ReferenceError(text: tag, problem: "the tag is not valid")
    }
    return Reference(domain: domain, path: path, tag: tag, digest: nil)
  }

  /// The repository's manifest of a digest.
  package func withDigest(_ digest: Digest) -> Reference {
    Reference(domain: domain, path: path, tag: nil, digest: digest)
  }

  /// The tag under which cosign and skopeo keep what belongs to a manifest, such as `sig`; nil when the
  /// digest is too long for a tag.
  package func attachment(_ suffix: String, of digest: Digest) -> Reference? {
    let tag = "\(digest.algorithm)-\(digest.encoded).\(suffix)"
    guard Reference.isTag(tag) else { return nil }
    return Reference(domain: domain, path: path, tag: tag, digest: nil)
  }

  /// The same name by its tag alone.
  package var withoutDigest: Reference {
    Reference(domain: domain, path: path, tag: tag ?? Reference.defaultTag, digest: nil)
  }

  /// Whether both name the same repository.
  package func isSameRepository(as other: Reference) -> Bool {
    domain == other.domain && path == other.path
  }

  private var suffix: String {
    (tag.map { ":\($0)" } ?? "") + (digest.map { "@\($0)" } ?? "")
  }

  /// Whether a text is a tag by the grammar.
  package static func isTag(_ text: String) -> Bool {
    guard let first = text.utf8.first, text.utf8.count <= 128 else { return false }
    return (isAlphanumeric(first) || first == UInt8(ascii: "_"))
      && text.utf8.allSatisfy { isAlphanumeric($0) || "_.-".utf8.contains($0) }
  }
}

/// Why a text is no image reference.
package struct ReferenceError: Error, Equatable, CustomStringConvertible {
  package let text: String
  package let problem: String

  package init(text: String, problem: String) {
    self.text = text
    self.problem = problem
  }

  package var description: String { "\"\(text)\" is no image name: \(problem)" }
}

/// A first component is a registry only if it cannot be the name of a repository's part.
private func isDomainByConvention(_ component: Substring) -> Bool {
  component == "localhost" || component.contains(".") || component.contains(":")
    || component.contains(where: \.isUppercase)
}

private func isDomain(_ text: String) -> Bool {
  var host = Substring(text)
  if let bracket = host.lastIndex(of: "]"), host.first == "[" {
    let address = host[host.index(after: host.startIndex)..<bracket]
    guard !address.isEmpty, address.allSatisfy({ $0.isHexDigit || $0 == ":" }) else {
      return false
    }
    let rest = host[host.index(after: bracket)...]
    return rest.isEmpty || (rest.first == ":" && isPort(rest.dropFirst()))
  }
  if let colon = host.firstIndex(of: ":") {
    guard isPort(host[host.index(after: colon)...]) else { return false }
    host = host[..<colon]
  }
  return host.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    .allSatisfy { label in
      !label.isEmpty && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
        && label.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    }
}

private func isPort(_ text: Substring) -> Bool {
  !text.isEmpty && text.utf8.count <= 5 && text.utf8.allSatisfy(isDigit)
}

/// Lower-case words, joined by one dot, one or two underscores, or any number of dashes.
private func isRepositoryPath(_ text: String) -> Bool {
  text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    .allSatisfy { component in
      guard let first = component.first, let last = component.last,
        isLowercaseAlphanumeric(first), isLowercaseAlphanumeric(last)
      else { return false }
      return component.split(whereSeparator: isLowercaseAlphanumeric).allSatisfy { separator in
        separator.elementsEqual(".".utf8) || separator.elementsEqual("_".utf8)
          || separator.elementsEqual("__".utf8)
          || separator.allSatisfy { $0 == UInt8(ascii: "-") }
      }
    }
}
