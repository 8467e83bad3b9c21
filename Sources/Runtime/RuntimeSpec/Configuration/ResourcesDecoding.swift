internal import JSON

extension Resources {
  /// Decodes `linux.resources`, or the document that update takes.
  ///
  /// - Throws: when a property has another type or range than the specification says.
  init(_ section: Section) throws(ConfigurationError) {
    devices = try section.sections(
      "devices",
      "config-linux.md, \"Allowed Device list\"",
      each: DeviceRule.init,
    )
    memory = try section.section(
      "memory",
      "config-linux.md, \"Memory\"",
      make: MemoryLimits.init,
    )
    cpu = try section.section("cpu", "config-linux.md, \"CPU\"", make: CPULimits.init)
    pids = try section.section("pids", "config-linux.md, \"PIDs\"") {
      pids throws(ConfigurationError) in PidsLimit(limit: try pids.integer("limit"))
    }
    blockIO = try section.section(
      "blockIO",
      "config-linux.md, \"Block IO\"",
      make: BlockIOLimits.init,
    )
    hugepageLimits = try section.sections(
      "hugepageLimits",
      "config-linux.md, \"Huge page limits\"",
      each: HugepageLimit.init,
    )
    network = try section.section(
      "network",
      "config-linux.md, \"Network\"",
      make: NetworkLimits.init,
    )
    rdma = try section.map("rdma") { device, node throws(ConfigurationError) in
      try RDMALimit(device, Section(node, "config-linux.md, \"RDMA\""))
    }
    unified = try section.map("unified") { file, node throws(ConfigurationError) in
      try UnifiedSetting(file, node)
    }
  }
}

extension DeviceRule {
  init(_ section: Section) throws(ConfigurationError) {
    isAllowed = try section.required("allow", section.boolean("allow"))
    kind = try Self.kind(section)
    major = try Self.number(section, "major")
    minor = try Self.number(section, "minor")
    access = try Self.access(section)
  }

  private static func kind(_ section: Section) throws(ConfigurationError) -> Kind {
    guard let node = section.member("type") else { return .all }
    // Go programs write an empty string for what is not set.
    guard try node.text(section.clause) != "" else { return .all }
    return try node.choice(section.clause)
  }

  /// A device number; -1 is what Go programs write for "every".
  private static func number(
    _ section: Section,
    _ key: String,
  ) throws(ConfigurationError) -> UInt32? {
    let number = try section.integer(key, in: -1...Int64(UInt32.max))
    return number.flatMap { UInt32(exactly: $0) }
  }

  private static func access(_ section: Section) throws(ConfigurationError) -> Access {
    guard let node = section.member("access") else { return .all }
    let letters = try node.text(section.clause)
    var access: Access = []
    for letter in letters {
      switch letter {
      case "r": access.insert(.read)
      case "w": access.insert(.write)
      case "m": access.insert(.mknod)
      default:
        let rule = "must be made of the letters r, w and m, is \(quoted(letters))"
        throw node.failure(rule, section.clause)
      }
    }
    return letters.isEmpty ? .all : access
  }
}

extension MemoryLimits {
  init(_ section: Section) throws(ConfigurationError) {
    let bytes = -1...Int64.max
    limit = try section.integer("limit", in: bytes)
    reservation = try section.integer("reservation", in: bytes)
    swap = try section.integer("swap", in: bytes)
    kernel = try section.integer("kernel", in: bytes)
    kernelTCP = try section.integer("kernelTCP", in: bytes)
    swappiness = try Self.swappiness(section)
    disableOOMKiller = try section.boolean("disableOOMKiller")
    useHierarchy = try section.boolean("useHierarchy")
    checkBeforeUpdate = try section.boolean("checkBeforeUpdate")
  }
}

extension MemoryLimits {
  private static func swappiness(_ section: Section) throws(ConfigurationError) -> UInt64? {
    // Docker writes its -1 for "not set" as an unsigned number.
    if section.member("swappiness")?.integer(as: UInt64.self) == .max { return nil }
    return try section.integer("swappiness", in: 0...100)
  }
}

extension CPULimits {
  init(_ section: Section) throws(ConfigurationError) {
    shares = try section.integer("shares")
    quota = try section.integer("quota")
    burst = try section.integer("burst")
    period = try section.integer("period")
    realtimeRuntime = try section.integer("realtimeRuntime")
    realtimePeriod = try section.integer("realtimePeriod")
    cpus = try section.string("cpus")
    mems = try section.string("mems")
    idle = try section.integer("idle", in: 0...1)
  }
}

extension BlockIOLimits {
  init(_ section: Section) throws(ConfigurationError) {
    weight = try section.integer("weight")
    leafWeight = try section.integer("leafWeight")
    weightDevice = try section.sections(
      "weightDevice",
      section.clause,
      each: BlockIOWeight.init,
    )
    throttleReadBpsDevice = try Self.throttles(section, "throttleReadBpsDevice")
    throttleWriteBpsDevice = try Self.throttles(section, "throttleWriteBpsDevice")
    throttleReadIOPSDevice = try Self.throttles(section, "throttleReadIOPSDevice")
    throttleWriteIOPSDevice = try Self.throttles(section, "throttleWriteIOPSDevice")
  }

  private static func throttles(
    _ section: Section,
    _ key: String,
  ) throws(ConfigurationError) -> [BlockIOThrottle]? {
    try section.sections(key, section.clause, each: BlockIOThrottle.init)
  }
}

extension BlockIOWeight {
  init(_ section: Section) throws(ConfigurationError) {
    major = try section.required("major", section.integer("major"))
    minor = try section.required("minor", section.integer("minor"))
    weight = try section.integer("weight")
    leafWeight = try section.integer("leafWeight")
  }
}

extension BlockIOThrottle {
  init(_ section: Section) throws(ConfigurationError) {
    major = try section.required("major", section.integer("major"))
    minor = try section.required("minor", section.integer("minor"))
    rate = try section.required("rate", section.integer("rate"))
  }
}

extension HugepageLimit {
  init(_ section: Section) throws(ConfigurationError) {
    pageSize = try section.required("pageSize", section.string("pageSize"))
    limit = try section.required("limit", section.integer("limit"))
    let digits = pageSize.utf8.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    let unit = pageSize.utf8.dropFirst(digits.count)
    guard let first = digits.first, first != UInt8(ascii: "0"),
      ["KB", "MB", "GB"].contains(where: { unit.elementsEqual($0.utf8) })
    else {
      let node = section.member("pageSize") ?? section.node
      let rule = "must be a number and KB, MB or GB as \"2MB\", is \(quoted(pageSize))"
      throw node.failure(rule, section.clause)
    }
  }
}

extension NetworkLimits {
  init(_ section: Section) throws(ConfigurationError) {
    classID = try section.integer("classID")
    priorities = try section.sections("priorities", section.clause) {
      priority throws(ConfigurationError) in
      InterfacePriority(
        name: try priority.required("name", priority.string("name")),
        priority: try priority.required("priority", priority.integer("priority")),
      )
    }
  }
}

extension RDMALimit {
  init(_ device: String, _ section: Section) throws(ConfigurationError) {
    self.device = device
    hcaHandles = try section.integer("hcaHandles")
    hcaObjects = try section.integer("hcaObjects")
    guard hcaHandles != nil || hcaObjects != nil else {
      throw section.node.failure("must have hcaHandles, hcaObjects or both", section.clause)
    }
  }
}

extension UnifiedSetting {
  init(_ file: String, _ node: JSONNode) throws(ConfigurationError) {
    let clause = "config-linux.md, \"Unified\""
    guard !file.utf8.contains(UInt8(ascii: "/")), file != ".", file != ".." else {
      throw node.failure("must be keyed by the name of a cgroup file, without a slash", clause)
    }
    self.file = file
    value = try node.text(clause)
  }
}
