package import JSON

extension Resources {
  /// The resources as JSON, as config.json has them; what is not set is left out.
  ///
  /// Spec: config-linux.md, "Control groups".
  package var json: JSONValue {
    .object(present: [
      ("devices", devices.map { .array($0.map(\.json)) }),
      ("memory", memory?.json),
      ("cpu", cpu?.json),
      ("pids", pids.map { .object(present: [("limit", $0.limit.map { .integer($0) })]) }),
      ("blockIO", blockIO?.json),
      ("hugepageLimits", hugepageLimits.map { .array($0.map(\.json)) }),
      ("rdma", rdma.map { .object($0.map { .init($0.device, $0.json) }) }),
      ("unified", unified.map { .object($0.map { .init($0.file, .string($0.value)) }) }),
    ])
  }
}

extension Resources {
  /// Reads back what `json` is; nil when it is nothing of that kind.
  package init?(recorded node: JSONNode) {
    do throws(ConfigurationError) {
      try self.init(Section(node, "state"))
    } catch {
      return nil
    }
  }
}

extension DeviceRule {
  fileprivate var json: JSONValue {
    .object(present: [
      ("allow", .boolean(isAllowed)),
      ("type", .string(kind.rawValue)),
      ("major", major.map { .unsigned(UInt64($0)) }),
      ("minor", minor.map { .unsigned(UInt64($0)) }),
      ("access", .string(letters)),
    ])
  }

  private var letters: String {
    (access.contains(.read) ? "r" : "") + (access.contains(.write) ? "w" : "")
      + (access.contains(.mknod) ? "m" : "")
  }
}

extension MemoryLimits {
  fileprivate var json: JSONValue {
    .object(present: [
      ("limit", limit.map { .integer($0) }),
      ("reservation", reservation.map { .integer($0) }),
      ("swap", swap.map { .integer($0) }),
      ("checkBeforeUpdate", checkBeforeUpdate.map { .boolean($0) }),
    ])
  }
}

extension CPULimits {
  fileprivate var json: JSONValue {
    .object(present: [
      ("shares", shares.map { .unsigned($0) }),
      ("quota", quota.map { .integer($0) }),
      ("burst", burst.map { .unsigned($0) }),
      ("period", period.map { .unsigned($0) }),
      ("cpus", cpus.map { .string($0) }),
      ("mems", mems.map { .string($0) }),
      ("idle", idle.map { .integer($0) }),
    ])
  }
}

extension BlockIOLimits {
  fileprivate var json: JSONValue {
    .object(present: [
      ("weight", weight.map { .integer(Int64($0)) }),
      ("weightDevice", weightDevice.map { .array($0.map(\.json)) }),
      ("throttleReadBpsDevice", throttleReadBpsDevice.map { .array($0.map(\.json)) }),
      ("throttleWriteBpsDevice", throttleWriteBpsDevice.map { .array($0.map(\.json)) }),
      ("throttleReadIOPSDevice", throttleReadIOPSDevice.map { .array($0.map(\.json)) }),
      ("throttleWriteIOPSDevice", throttleWriteIOPSDevice.map { .array($0.map(\.json)) }),
    ])
  }
}

extension BlockIOWeight {
  fileprivate var json: JSONValue {
    .object(present: [
      ("major", .integer(Int64(major))),
      ("minor", .integer(Int64(minor))),
      ("weight", weight.map { .integer(Int64($0)) }),
    ])
  }
}

extension BlockIOThrottle {
  fileprivate var json: JSONValue {
    [
      "major": .integer(Int64(major)), "minor": .integer(Int64(minor)), "rate": .unsigned(rate),
    ]
  }
}

extension HugepageLimit {
  fileprivate var json: JSONValue {
    ["pageSize": .string(pageSize), "limit": .unsigned(limit)]
  }
}

extension RDMALimit {
  fileprivate var json: JSONValue {
    .object(present: [
      ("hcaHandles", hcaHandles.map { .integer(Int64($0)) }),
      ("hcaObjects", hcaObjects.map { .integer(Int64($0)) }),
    ])
  }
}
