import DBus
package import RuntimeSpec

/// The properties that stand for device rules.
///
/// systemd knows devices that are allowed and denies all others: a list that may be longer than what
/// the rules allow together, as one that denies a single device again is left out. The program of
/// the runtime is in force beside that of systemd, and both must agree, so that exactly the rules
/// hold. Where not even a longer list can be told, as for one minor number of every major, systemd
/// restricts nothing.
///
/// See: systemd.resource-control(5), DeviceAllow=.
package func deviceProperties(for rules: [DeviceRule]) -> [UnitProperty] {
  var allowed: [AllowedDevice]? = []
  for rule in rules {
    switch (rule.isAllowed, rule.speaksOfEverything) {
    case (true, true): allowed = nil
    case (false, true): allowed = []
    case (false, false): continue
    case (true, false):
      guard let list = allowed else { continue }
      guard let entries = entries(for: rule) else {
        allowed = nil
        continue
      }
      allowed = entries.reduce(into: list) { $0.allow($1) }
    }
  }
  // No rules deny nothing, and neither does a list that would have to be of everything.
  guard !rules.isEmpty, let allowed else {
    return [
      UnitProperty("DevicePolicy", .string("auto")),
      UnitProperty("DeviceAllow", .array(of: "(ss)", []), isWhole: true),
    ]
  }
  return [
    UnitProperty("DevicePolicy", .string("strict")),
    UnitProperty("DeviceAllow", .array(of: "(ss)", allowed.map(\.value)), isWhole: true),
  ]
}

/// The same for a unit that may have had others.
///
/// systemd lets its own program be that it has once attached, also when the policy says that there is
/// none: rather all devices are allowed by name.
func deviceProperties(inPlaceOfOthers rules: [DeviceRule]) -> [UnitProperty] {
  let properties = deviceProperties(for: rules)
  guard properties.first?.value == .string("auto") else { return properties }
  let all = ["char", "block"].map { AllowedDevice(device: "\($0)-*", access: .all).value }
  return [
    UnitProperty("DevicePolicy", .string("strict")),
    UnitProperty("DeviceAllow", .array(of: "(ss)", all), isWhole: true),
  ]
}

extension DeviceRule {
  fileprivate var speaksOfEverything: Bool {
    kind == .all && major == nil && minor == nil && access == .all
  }
}

/// One entry of DeviceAllow.
private struct AllowedDevice {
  var device: String
  var access: DeviceRule.Access

  var value: BusValue {
    let letters =
      (access.contains(.read) ? "r" : "") + (access.contains(.write) ? "w" : "")
      + (access.contains(.mknod) ? "m" : "")
    return .structure([.string(device), .string(letters)])
  }
}

extension [AllowedDevice] {
  /// Adds an entry to one of the same device, if there is one: of two systemd would keep the last.
  fileprivate mutating func allow(_ entry: AllowedDevice) {
    if let index = firstIndex(where: { $0.device == entry.device }) {
      self[index].access.formUnion(entry.access)
    } else {
      append(entry)
    }
  }
}

/// What stands for a rule in DeviceAllow; nil for what can't be told there.
private func entries(for rule: DeviceRule) -> [AllowedDevice]? {
  let kinds = rule.kind == .all ? ["char", "block"] : [rule.kind == .block ? "block" : "char"]
  var list: [AllowedDevice] = []
  for kind in kinds {
    let device: String
    switch (rule.major, rule.minor) {
    case (nil, nil): device = "\(kind)-*"
    // A number in the place of a driver's name, since systemd 240.
    case (let major?, nil): device = "\(kind)-\(major)"
    case (let major?, let minor?): device = "/dev/\(kind)/\(major):\(minor)"
    case (nil, _?): return nil
    }
    list.append(AllowedDevice(device: device, access: rule.access))
  }
  return list
}
