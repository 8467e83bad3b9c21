/// The container's share of caches and memory bandwidth.
///
/// Spec: config-linux.md, "IntelRdt". See: resctrl.rst of the kernel.
package struct IntelRdtPlan: Equatable, Sendable {
  /// The directory of the class of service; `/` is the root, nil the container's own.
  package var closID: String?
  /// Lines for the file `schemata`; empty leaves it as it is.
  package var schemata: [String]
  /// Whether the container gets a monitoring group of its own.
  package var isMonitored: Bool
}

extension IntelRdtPlan {
  private static let clause = "config-linux.md, \"IntelRdt\""

  /// Directories that every class of service has, and the root has besides.
  private static let reserved = [".", "..", "info", "mon_groups", "mon_data"]

  init(_ section: Configuration.IntelRdt) throws(ConfigurationError) {
    closID = section.closID == "" ? nil : section.closID
    isMonitored = section.enableMonitoring ?? false
    schemata = []
    if let closID, closID != "/" {
      guard !closID.utf8.contains(UInt8(ascii: "/")), !Self.reserved.contains(closID),
        !closID.utf8.contains(UInt8(ascii: "\n")),
        closID.utf8.count < 256
      else {
        let rule = "must be the name of a directory, or / for the root, is \(quoted(closID))"
        throw Self.failure("closID", rule)
      }
    }
    // A bandwidth line of the cache schema gives way to the schema of the bandwidth.
    let memory = section.memBwSchema ?? ""
    guard memory.isEmpty || (memory.hasPrefix("MB:") && !memory.utf8.contains(UInt8(ascii: "\n")))
    else {
      throw Self.failure("memBwSchema", "must be one line that begins with MB:")
    }
    let cache = (section.l3CacheSchema ?? "").split(separator: "\n").map(String.init)
    schemata = cache.filter { memory.isEmpty || !$0.hasPrefix("MB:") }
    if !memory.isEmpty { schemata.append(memory) }
    for (index, line) in (section.schemata ?? []).enumerated() {
      guard !line.isEmpty, !line.utf8.contains(UInt8(ascii: "\n")) else {
        throw Self.failure("schemata/\(index)", "must be one line, and not empty")
      }
      schemata.append(line)
    }
  }

  private static func failure(_ property: String, _ rule: String) -> ConfigurationError {
    ConfigurationError(pointer: "/linux/intelRdt/\(property)", rule: rule, clause: clause)
  }
}
