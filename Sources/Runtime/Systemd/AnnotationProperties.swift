import DBus
package import RuntimeSpec

/// The properties that annotations `org.systemd.property.NAME` ask for.
///
/// A NAME in seconds, as TimeoutStopSec, is the property in microseconds, as TimeoutStopUSec: systemd
/// knows the former in its files only. Values are in GVariant's text format, as for runc and crun.
///
/// - Throws: `invalidAnnotation`, also for what only the runtime can know.
package func annotationProperties(
  _ annotations: [Annotation],
) throws(SystemdError) -> [UnitProperty] {
  var list: [UnitProperty] = []
  for annotation in annotations where annotation.key.hasPrefix(propertyAnnotationPrefix) {
    let name = String(annotation.key.dropFirst(propertyAnnotationPrefix.count))
    func failure(_ reason: String) -> SystemdError {
      .invalidAnnotation(annotation.key, reason: reason)
    }
    guard name.utf8.count > 2, name.utf8.allSatisfy(isLetter) else {
      throw failure("\"\(name)\" is no name of a property")
    }
    guard !ownProperties.contains(name) else {
      throw failure("the runtime itself sets \(name)")
    }
    let value: BusValue
    do throws(GVariantError) {
      value = try GVariantText.parse(annotation.value)
    } catch {
      throw failure(
        "\(error), in the value \(annotation.value): write it as true, 5, uint64 5, 'text' or "
          + "['a', 'b']"
      )
    }
    guard name.hasSuffix("Sec"), !name.hasSuffix("USec") else {
      list.append(UnitProperty(name, value))
      continue
    }
    guard let microseconds = microseconds(value) else {
      throw failure("\(annotation.value) is no number of seconds")
    }
    list.append(UnitProperty("\(name.dropLast(3))USec", .uint64(microseconds)))
  }
  return list
}

/// What annotations for properties of the unit begin with.
package let propertyAnnotationPrefix = "org.systemd.property."

/// Without these as they are the container would not be in its unit.
private let ownProperties = ["PIDs", "PIDFDs", "Slice", "Delegate"]

/// What a container's unit says of itself, by which it is known again.
///
/// An annotation may have words of its own, but never in the place of ours: units of the same name
/// and with the same words would be taken for one another, and stopped for one another.
package func unitDescription(
  _ own: String,
  _ annotations: [Annotation],
) throws(SystemdError) -> String {
  let given = try annotationProperties(annotations).last { $0.name == descriptionProperty }
  guard let given else { return own }
  guard let text = given.value.text else {
    throw .invalidAnnotation(propertyAnnotationPrefix + given.name, reason: "it is no text")
  }
  return "\(text) (\(own))"
}

/// The property that `unitDescription` is for.
let descriptionProperty = "Description"

private func isLetter(_ byte: UInt8) -> Bool {
  (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
}

private func microseconds(_ value: BusValue) -> UInt64? {
  let seconds: Double
  switch value {
  case .byte(let number): seconds = Double(number)
  case .int16(let number): seconds = Double(number)
  case .uint16(let number): seconds = Double(number)
  case .int32(let number): seconds = Double(number)
  case .uint32(let number): seconds = Double(number)
  case .int64(let number): seconds = Double(number)
  case .uint64(let number): seconds = Double(number)
  case .double(let number): seconds = number
  default: return nil
  }
  return seconds >= 0 && seconds < 1e12 ? UInt64(seconds * 1_000_000) : nil
}
