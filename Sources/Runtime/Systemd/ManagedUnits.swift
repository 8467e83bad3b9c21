import DBus
import Kernel
package import RuntimeSpec

/// What is done with the unit of a container.
extension ServiceManager {
  /// Starts a transient unit and waits until it is up: its limits in force, its process in it.
  ///
  /// - Returns: the names of properties that this systemd does not know, or not with such values.
  ///   They are left out and for the control group's files alone; one of an annotation never is.
  /// - Throws: `unitExists` when somebody else's unit has the name, and is more than the remains of
  ///   one that failed.
  package mutating func start(
    _ request: UnitRequest,
    pid: Int32?,
  ) throws(SystemdError) -> [String] {
    var properties = try request.properties(pid: pid)
    var dropped: [String] = []
    var wasReset = false
    while true {
      let results: [BusValue]
      do throws(BusError) {
        results = try ask(
          "StartTransientUnit",
          [
            .string(request.unit.name), .string("replace"),
            .array(of: "(sv)", properties.map(\.argument)), .array(of: "(sa(sv))", []),
          ]
        )
      } catch .failed("\(Self.name).UnitExists", _) {
        // An answer may have been lost, and the call made again.
        if try isUp(request) { return dropped }
        guard !wasReset else { throw .unitExists(request.unit.name) }
        wasReset = true
        try reset(request.unit)
        continue
      } catch {
        guard let name = request.dispensable(in: properties, that: error) else {
          throw .refused(request.unit.name, request: request.complaint, error)
        }
        properties.removeAll { $0.name == name }
        dropped.append(name)
        continue
      }
      try wait(for: results, of: request.unit, until: ["active"])
      return dropped
    }
  }

  /// Forgets that a unit has failed, so that its name is free.
  package mutating func reset(_ unit: Unit) throws(SystemdError) {
    do throws(BusError) {
      _ = try ask("ResetFailedUnit", [.string(unit.name)])
    } catch .failed("\(Self.name).NoSuchUnit", _) {
      // It is gone altogether.
    } catch {
      throw .refused(unit.name, request: "it can't be reset", error)
    }
  }

  /// Stops a unit, and waits until it is gone.
  package mutating func stop(_ unit: Unit) throws(SystemdError) {
    let results: [BusValue]
    do throws(BusError) {
      results = try ask("StopUnit", [.string(unit.name), .string("replace")])
    } catch .failed("\(Self.name).NoSuchUnit", _) {
      return
    } catch {
      throw .refused(unit.name, request: "it can't be stopped", error)
    }
    try wait(for: results, of: unit, until: ["inactive", "failed"])
    try reset(unit)
  }

  /// Moves a process into a unit: for callers whom the kernel does not let do it.
  ///
  /// The subgroup is a control group below the unit's own, as `/container`; empty for none.
  package mutating func attach(
    _ pid: Int32,
    to unit: Unit,
    subgroup: String,
  ) throws(SystemdError) {
    do throws(BusError) {
      _ = try ask(
        "AttachProcessesToUnit",
        [.string(unit.name), .string(subgroup), .array(of: "u", [.uint32(UInt32(pid))])]
      )
    } catch {
      throw .refused(unit.name, request: "process \(pid) can't be moved into it", error)
    }
  }

  /// Sets limits of a unit that is up, until it ends.
  ///
  /// - Returns: the names of properties that this systemd does not know, or not with such values:
  ///   they are for the control group's files alone.
  package mutating func setProperties(
    of unit: Unit,
    settings: [UnifiedSetting],
    deviceRules: [DeviceRule]?,
  ) throws(SystemdError) -> [String] {
    var properties = limitProperties(for: settings)
    if let deviceRules { properties += deviceProperties(inPlaceOfOthers: deviceRules) }
    var dropped: [String] = []
    var isSet = false
    while !isSet, !properties.isEmpty {
      do throws(BusError) {
        // Entries are added to those that a unit has, unless an empty list comes first.
        let emptied = properties.filter(\.isWhole).map(\.emptied)
        _ = try ask(
          "SetUnitProperties",
          [
            .string(unit.name), .boolean(true),
            .array(of: "(sv)", (emptied + properties).map(\.argument)),
          ]
        )
        isSet = true
      } catch {
        guard let name = error.property(outOf: properties.map(\.name)) else {
          throw .refused(unit.name, request: "its limits can't be set", error)
        }
        properties.removeAll { $0.name == name }
        dropped.append(name)
      }
    }
    // systemd puts them in force after this answer, but before it gives the next: what it has rounded
    // must not come later than what the caller writes to the files.
    _ = try property("ActiveState", of: unit)
    return dropped
  }

  /// The control group of a unit, seen from the root of the hierarchy; nil while it has none.
  package mutating func controlGroup(of unit: Unit) throws(SystemdError) -> String? {
    let path = try property("ControlGroup", of: unit, unit.isSlice ? "Slice" : "Scope").text
    return path.flatMap { $0.isEmpty ? nil : $0 }
  }
}

extension UnitRequest {
  /// What can't be done, with the properties that systemd may well mean where it names none.
  fileprivate var complaint: String {
    let names = annotations.map(\.key).filter { $0.hasPrefix(propertyAnnotationPrefix) }
    let asked = names.isEmpty ? "" : " with \(names.joined(separator: ", "))"
    return "it can't be started\(asked)"
  }

  /// The property that systemd complains of, if the unit can do without it.
  fileprivate func dispensable(in properties: [UnitProperty], that error: BusError) -> String? {
    let indispensable: Set = ["Description", "Slice", "Delegate", "PIDs", "DefaultDependencies"]
    let asked = annotations.map { $0.key.dropFirst(propertyAnnotationPrefix.count) }
    return error.property(
      outOf: properties.map(\.name).filter { name in
        // TimeoutStopSec is asked for as TimeoutStopUSec.
        !indispensable.contains(name)
          && !asked.contains { $0 == name || $0 == name.replacingSuffix("USec", by: "Sec") }
      }
    )
  }
}

extension String {
  fileprivate func replacingSuffix(_ suffix: String, by other: String) -> String {
    hasSuffix(suffix) ? dropLast(suffix.count) + other : self
  }
}

extension UnitProperty {
  /// The same property as an empty list.
  fileprivate var emptied: UnitProperty {
    guard case .array(let element, _) = value else { return self }
    return UnitProperty(name, .array(of: element, []))
  }
}

extension BusError {
  /// The property that an answer of systemd is about: "Cannot set property NAME, or unknown
  /// property.", "Value specified in NAME is out of range".
  fileprivate func property(outOf names: [String]) -> String? {
    guard case .failed(let error, let message) = self, Self.aboutProperties.contains(error) else {
      return nil
    }
    let words = message.split { !$0.isLetter && !$0.isNumber }
    return names.first { name in words.contains { $0 == name } }
  }

  private static let aboutProperties = [
    "org.freedesktop.DBus.Error.PropertyReadOnly", "org.freedesktop.DBus.Error.InvalidArgs",
    "org.freedesktop.DBus.Error.NotSupported", "org.freedesktop.DBus.Error.UnknownProperty",
  ]
}
