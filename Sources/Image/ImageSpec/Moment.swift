/// A moment as documents of an image write it.
///
/// Spec: image-spec config.md, "created": RFC 3339, section 5.6.
package struct Moment: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Since the epoch; negative before it.
  package let seconds: Int64
  /// Counted forward always.
  package let nanoseconds: Int

  package init(seconds: Int64, nanoseconds: Int = 0) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }

  /// Reads `2026-11-21T13:00:00.5+01:00`; nil when the text is no such moment.
  package init?(parsing text: String) {
    var reader = MomentReader(rest: Array(text.utf8)[...])
    guard let year = reader.number(4), reader.take("-"),
      let month = reader.number(2), (1...12).contains(month), reader.take("-"),
      let day = reader.number(2), (1...daysOf(month, year)).contains(day), reader.take("Tt "),
      let hour = reader.number(2), hour < 24, reader.take(":"),
      let minute = reader.number(2), minute < 60, reader.take(":"),
      let second = reader.number(2), second <= 60,
      let nanoseconds = reader.fraction(), let offset = reader.offset(), reader.rest.isEmpty
    else { return nil }
    let time = Int64(hour * 3600 + minute * 60 + second)
    seconds = daysSinceEpoch(year, month, day) * 86_400 + time - offset
    self.nanoseconds = nanoseconds
  }

  package static func < (left: Moment, right: Moment) -> Bool {
    (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
  }

  /// In universal time to the second, as `2026-11-21 12:00:00`.
  package var description: String {
    let day = floorDivision(seconds, 86_400)
    let time = seconds - day * 86_400
    let (year, month, date) = civil(day)
    let clock = [time / 3600, time / 60 % 60, time % 60].map { padded($0, 2) }
    return "\(padded(year, 4))-\(padded(month, 2))-\(padded(date, 2)) "
      + clock.joined(separator: ":")
  }
}

private struct MomentReader {
  var rest: ArraySlice<UInt8>

  mutating func take(_ choices: String) -> Bool {
    guard let first = rest.first, choices.utf8.contains(first) else { return false }
    rest = rest.dropFirst()
    return true
  }

  mutating func number(_ digits: Int) -> Int? {
    let text = rest.prefix(digits)
    guard text.count == digits, text.allSatisfy(isDigit) else { return nil }
    rest = rest.dropFirst(digits)
    return text.reduce(0) { $0 * 10 + Int($1 - 0x30) }
  }

  mutating func fraction() -> Int? {
    guard take(".") else { return 0 }
    let digits = rest.prefix(while: isDigit)
    guard !digits.isEmpty else { return nil }
    rest = rest.dropFirst(digits.count)
    let nine = Array(digits.prefix(9)) + repeatElement(0x30, count: max(0, 9 - digits.count))
    return nine.reduce(0) { $0 * 10 + Int($1 - 0x30) }
  }

  /// East of Greenwich, in seconds.
  mutating func offset() -> Int64? {
    if take("Zz") { return 0 }
    let isWest = rest.first == UInt8(ascii: "-")
    guard take("+-"), let hour = number(2), hour < 24, take(":"), let minute = number(2),
      minute < 60
    else { return nil }
    let seconds = Int64(hour * 3600 + minute * 60)
    return isWest ? -seconds : seconds
  }
}

private func padded(_ number: Int64, _ width: Int) -> String {
  let digits = String(number)
  return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

private func floorDivision(_ value: Int64, _ divisor: Int64) -> Int64 {
  value / divisor - (value % divisor < 0 ? 1 : 0)
}

private func isLeap(_ year: Int) -> Bool {
  year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

private func daysOf(_ month: Int, _ year: Int) -> Int {
  switch month {
  case 2: isLeap(year) ? 29 : 28
  case 4, 6, 9, 11: 30
  default: 31
  }
}

/// The proleptic Gregorian calendar, counted in years that begin in March.
private func daysSinceEpoch(_ year: Int, _ month: Int, _ day: Int) -> Int64 {
  let shifted = Int64(month <= 2 ? year - 1 : year)
  let era = floorDivision(shifted, 400)
  let yearOfEra = shifted - era * 400
  let dayOfYear = Int64((153 * ((month + 9) % 12) + 2) / 5 + day - 1)
  return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
}

private func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
  let shifted = days + 719_468
  let era = floorDivision(shifted, 146_097)
  let dayOfEra = shifted - era * 146_097
  let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
  let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
  let month = (5 * dayOfYear + 2) / 153
  let year = yearOfEra + era * 400 + (month >= 10 ? 1 : 0)
  return (year, month < 10 ? month + 3 : month - 9, dayOfYear - (153 * month + 2) / 5 + 1)
}
