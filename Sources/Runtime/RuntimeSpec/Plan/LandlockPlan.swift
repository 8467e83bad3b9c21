internal import JSON

/// All that a container's processes may reach of its files and of TCP's ports, by annotation.
///
/// The specification has no section for it: swrun-create(8), "ANNOTATIONS". See: landlock(7).
package struct LandlockPlan: Equatable, Sendable {
  package static let annotation = "org.swrun.landlock"

  /// Absolute paths in the container, which are read, and listed.
  package var readOnly: [String]
  /// As `readOnly`, and changed, made and removed.
  package var readWrite: [String]
  /// As `readOnly`, and executed.
  package var execute: [String]
  /// Ports to listen at; nil leaves all of them open.
  package var bindTCP: [UInt16]?
  /// Ports to connect to; nil leaves all of them open.
  package var connectTCP: [UInt16]?

  /// The members of the annotation's object, as `features` lists them.
  package static let members = ["readOnly", "readWrite", "execute", "bindTCP", "connectTCP"]

  /// Whether there is any list of paths, so that what is in none is out of reach.
  package var restrictsFiles: Bool { !(readOnly + readWrite + execute).isEmpty }

  package var restrictsPorts: Bool { bindTCP != nil || connectTCP != nil }
}

extension LandlockPlan {
  private static let clause = "swrun-create(8), \"ANNOTATIONS\""

  /// Reads the annotation's text.
  package init(parsing text: String) throws(ConfigurationError) {
    let document: JSONDocument
    do throws(JSONError) {
      document = try JSONDocument(parsing: [UInt8](text.utf8))
    } catch {
      throw Self.failure("must be a JSON object: \(error.expectation) in column \(error.column)")
    }
    do throws(ConfigurationError) {
      let section = try Section(document.root, Self.clause)
      for (key, _) in document.root.members where !Self.members.contains(key) {
        let names = Self.members.joined(separator: ", ")
        throw Self.failure("must have no other members than \(names), has \(quoted(key))")
      }
      readOnly = try absolutePaths(section.strings("readOnly"), "/readOnly")
      readWrite = try absolutePaths(section.strings("readWrite"), "/readWrite")
      execute = try absolutePaths(section.strings("execute"), "/execute")
      bindTCP = try Self.ports(section, "bindTCP")
      connectTCP = try Self.ports(section, "connectTCP")
    } catch {
      // The place within the text is no place of the document.
      guard !error.pointer.hasPrefix("/annotations") else { throw error }
      let place = error.pointer.isEmpty ? "" : "\(error.pointer) "
      throw Self.failure("\(place)\(error.rule)")
    }
    guard restrictsFiles || restrictsPorts else {
      throw Self.failure("must have a path or a list of ports: it would restrict nothing")
    }
    try requireFirmPlaces()
  }

  /// What can be written can be replaced by a link, which the next exec would follow elsewhere.
  private func requireFirmPlaces() throws(ConfigurationError) {
    for (key, paths) in [("readOnly", readOnly), ("execute", execute)] {
      for (index, path) in paths.enumerated() {
        guard let outer = readWrite.first(where: { path.isBelow($0) }) else { continue }
        let rule = "must not be below the readWrite path \(quoted(outer)), is \(quoted(path))"
        throw Self.failure("/\(key)/\(index) \(rule)")
      }
    }
  }

  private static func ports(
    _ section: Section,
    _ key: String,
  ) throws(ConfigurationError) -> [UInt16]? {
    try section.list(key) { node throws(ConfigurationError) in
      try node.integer(in: 0...UInt16.max, clause)
    }
  }

  private static func failure(_ rule: String) -> ConfigurationError {
    ConfigurationError(pointer: "/annotations/\(annotation)", rule: rule, clause: clause)
  }
}

extension String {
  /// Whether a clean path is below another one, and not the same; by bytes, as the kernel has it.
  fileprivate func isBelow(_ outer: String) -> Bool {
    let base = outer.utf8.elementsEqual("/".utf8) ? [] : Array(outer.utf8)
    return utf8.count > base.count + 1 && utf8.starts(with: base + [UInt8(ascii: "/")])
  }
}

/// Whether a container's processes have processor cores to themselves, by annotation.
///
/// See: core-scheduling.rst of the kernel.
package enum CoreScheduling {
  package static let annotation = "org.swrun.core-scheduling"
  /// The one value: a group of the container's own.
  package static let own = "own"
}

/// Whether a container's processes stay in the groups of whoever makes it, by crun's annotation: podman's
/// `--group-add keep-groups`.
package enum OriginalGroups {
  package static let annotation = "run.oci.keep_original_groups"
  static let kept = "1"
}

extension ProcessPlan {
  /// Takes over what annotations say about the container's processes.
  package mutating func apply(_ annotations: [Annotation]) throws(ConfigurationError) {
    // Of a key twice the last counts, as everywhere in the document.
    if let text = annotations.last(where: { $0.key == LandlockPlan.annotation })?.value {
      landlock = try LandlockPlan(parsing: text)
      guard noNewPrivileges else {
        throw ConfigurationError(
          pointer: "/process/noNewPrivileges",
          rule: "must be true with the annotation \(LandlockPlan.annotation)",
          clause: "swrun-create(8), \"ANNOTATIONS\"",
        )
      }
    }
    if let text = annotations.last(where: { $0.key == CoreScheduling.annotation })?.value {
      guard text == CoreScheduling.own else {
        throw ConfigurationError(
          pointer: "/annotations/\(CoreScheduling.annotation)",
          rule: "must be \"\(CoreScheduling.own)\", is \(quoted(text))",
          clause: "swrun-create(8), \"ANNOTATIONS\"",
        )
      }
      hasOwnCores = true
    }
    keepsGroups =
      annotations.last { $0.key == OriginalGroups.annotation }?.value == OriginalGroups.kept
  }
}
