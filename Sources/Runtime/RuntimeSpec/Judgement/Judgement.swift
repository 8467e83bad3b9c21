internal import JSON

/// Everything that is wrong with a config.json, what weakens its container, and what has no effect.
package struct Judgement: Equatable, Sendable {
  /// What breaks the specification, or can't be done, in the order of the document.
  package private(set) var violations: [ConfigurationError] = []
  /// What is allowed and lets the container do more than it should, and what is ignored, in the order
  /// of the document.
  package private(set) var warnings: [ConfigurationError] = []
  /// The root file system, where the document names one.
  package private(set) var rootfs: RootfsPlan?
  /// The line that names the root file system.
  package private(set) var rootfsLine: Int?

  /// More than anybody mends in one go.
  private static let mostViolations = 1000
  /// Each violation takes a look at the whole document: one of hostile size gets a few, in bytes.
  private static let mostRead = 192 << 20

  /// Judges the text of a config.json.
  ///
  /// - Parameters:
  ///   - bytes: the text.
  ///   - bundle: the absolute path of the bundle, to which relative paths belong.
  package init(of bytes: [UInt8], bundle: String) {
    do throws(ConfigurationError) {
      let document = try Self.document(bytes)
      try judge(document, bundle: bundle)
      violations = violations.inOrder(of: document) + (isComplete ? [] : [.more])
      warnings = warnings.inOrder(of: document)
    } catch {
      violations.append(error)
    }
  }

  /// Whether all violations have been found.
  private var isComplete = true

  private mutating func judge(
    _ original: JSONDocument,
    bundle: String,
  ) throws(ConfigurationError) {
    var text = JudgedText(original)
    var stated: Set<String> = []
    var read = 0
    while true {
      read += text.bytes.count
      guard violations.count < Self.mostViolations, read < Self.mostRead || violations.isEmpty
      else {
        isComplete = false
        return
      }
      let document = try Self.document(text.bytes)
      do throws(ConfigurationError) {
        let configuration = try Configuration(document)
        let plan = try ContainerPlan(configuration, bundle: bundle)
        if original.node(at: "/root/path")?.kind == .string {
          rootfs = plan.rootfs
          rootfsLine = original.node(at: "/root/path")?.line
        }
        let ignored = plan.warnings.map { ConfigurationError($0) }
        warnings = (Self.weaknesses(of: plan, configuration) + ignored)
          .map { text.translated($0.located(in: document), from: document) }
        return
      } catch {
        let error = error.located(in: document)
        let found = text.translated(error, from: document)
        guard stated.insert(found.pointer).inserted else {
          // A consequence of what was taken out: what is around it makes no sense any more.
          guard text.removeHolder(of: error.pointer, from: document) else { return }
          continue
        }
        violations.append(found)
        guard text.mend(error.pointer, in: document) else { return }
      }
    }
  }

  private static func document(_ bytes: [UInt8]) throws(ConfigurationError) -> JSONDocument {
    do throws(JSONError) {
      return try JSONDocument(parsing: bytes)
    } catch {
      throw ConfigurationError(error)
    }
  }
}

extension [ConfigurationError] {
  /// Sorted by where in a document the values stand; what is absent stands where it would be.
  fileprivate func inOrder(of document: JSONDocument) -> [ConfigurationError] {
    let places = map { error in
      var pointer: String? = error.pointer
      while let place = pointer {
        if let node = document.node(at: place) { return node.sourceRange.lowerBound }
        pointer = JSONPointer.parent(of: place)
      }
      return 0
    }
    return zip(places, self).sorted { $0.0 < $1.0 }.map(\.1)
  }
}

extension ConfigurationError {
  /// Stands behind those that have been found where nobody has looked for all.
  fileprivate static var more: ConfigurationError {
    ConfigurationError(
      pointer: "",
      rule: "there may be more: mend these first",
      clause: "swrun-check(8)",
    )
  }
}

extension JudgedText {
  /// Stand-ins for what nothing else makes sense without.
  private static let standIns = [
    "/ociVersion": "\"1.0.0\"",
    "/process": "{\"cwd\":\"/\",\"args\":[\"/\"]}",
    "/process/cwd": "\"/\"",
    "/process/args": "[\"/\"]",
    "/process/args/0": "\"/\"",
    "/root": "{\"path\":\"/\"}",
    "/root/path": "\"/\"",
    "/linux": "{\"namespaces\":[{\"type\":\"mount\"}]}",
    "/linux/uidMappings": "[{\"containerID\":0,\"hostID\":0,\"size\":4294967294}]",
    "/linux/gidMappings": "[{\"containerID\":0,\"hostID\":0,\"size\":4294967294}]",
  ]

  /// Makes judging go on behind a violation.
  ///
  /// - Returns: false when it can't.
  fileprivate mutating func mend(_ pointer: String, in document: JSONDocument) -> Bool {
    if pointer == "/linux/namespaces" { return addMountNamespace(in: document) }
    if let standIn = Self.standIns[pointer], put(standIn, at: pointer, in: document) { return true }
    return remove(pointer, from: document)
  }

  private mutating func addMountNamespace(in document: JSONDocument) -> Bool {
    let mount = "{\"type\":\"mount\"}"
    guard document.node(at: "/linux")?.kind == .object else {
      return put("{\"namespaces\":[\(mount)]}", at: "/linux", in: document)
    }
    guard let list = document.node(at: "/linux/namespaces"), list.kind == .array else {
      return put("[\(mount)]", at: "/linux/namespaces", in: document)
    }
    return prepend(mount, to: list)
  }
}
