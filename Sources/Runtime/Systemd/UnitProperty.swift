import DBus
package import RuntimeSpec

/// A property of a unit, and what it is to be.
///
/// See: org.freedesktop.systemd1(5).
package struct UnitProperty: Equatable, Sendable {
  package let name: String
  let value: BusValue
  /// Whether a list is all that is to hold; otherwise what a unit has of other devices stays.
  let isWhole: Bool

  init(_ name: String, _ value: BusValue, isWhole: Bool = false) {
    self.name = name
    self.value = value
    self.isWhole = isWhole
  }

  var argument: BusValue { .structure([.string(name), .variant(value)]) }
}

/// What a container's unit is started with, beside its processes.
package struct UnitRequest: Sendable {
  package var unit: Unit
  /// Tells a container's unit from one that somebody else made with the same name.
  package var description: String
  /// The limits, as files of cgroup v2 and what to write into them.
  package var settings: [UnifiedSetting]
  /// The device rules that hold, the default ones too; none where nothing is restricted.
  package var deviceRules: [DeviceRule]
  package var annotations: [Annotation]

  package init(
    unit: Unit,
    description: String,
    settings: [UnifiedSetting],
    deviceRules: [DeviceRule],
    annotations: [Annotation],
  ) {
    self.unit = unit
    self.description = description
    self.settings = settings
    self.deviceRules = deviceRules
    self.annotations = annotations
  }
}

extension UnitRequest {
  /// All properties, those of annotations in the place of ours; but for the description, which has
  /// theirs in it.
  ///
  /// - Throws: `invalidAnnotation`.
  package func properties(pid: Int32?) throws(SystemdError) -> [UnitProperty] {
    var list = standing(pid: pid)
    list += limitProperties(for: settings)
    if !list.contains(where: { $0.name == "TasksMax" }) {
      // Unset is no limit, and not systemd's own default of a share of what there is.
      list.append(UnitProperty("TasksMax", .uint64(.max)))
    }
    list += deviceProperties(for: deviceRules)
    for own in try annotationProperties(annotations) where own.name != descriptionProperty {
      list.removeAll { $0.name == own.name }
      list.append(own)
    }
    return list
  }

  private func standing(pid: Int32?) -> [UnitProperty] {
    var list = [
      UnitProperty(descriptionProperty, .string(description)),
      UnitProperty("DefaultDependencies", .boolean(false)),
      UnitProperty("CPUAccounting", .boolean(true)),
      UnitProperty("MemoryAccounting", .boolean(true)),
      UnitProperty("IOAccounting", .boolean(true)),
      UnitProperty("TasksAccounting", .boolean(true)),
      // A unit that failed, as by running out of memory, is of no more use than one that ended.
      UnitProperty("CollectMode", .string("inactive-or-failed")),
    ]
    // A slice has its place by its name, is never delegated and never has processes of its own.
    guard !unit.isSlice else { return list }
    if let slice = unit.slice { list.append(UnitProperty("Slice", .string(slice))) }
    list.append(UnitProperty("Delegate", .boolean(true)))
    if let pid {
      list.append(UnitProperty("PIDs", .array(of: "u", [.uint32(UInt32(pid))])))
    }
    return list
  }
}
