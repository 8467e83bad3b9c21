/// The units of a duration, in nanoseconds; both ways to write the micro sign are known.
private let durationUnits: [(name: String, nanoseconds: Int64)] = [
  ("ns", 1), ("us", 1_000), ("\u{B5}s", 1_000), ("\u{3BC}s", 1_000), ("ms", 1_000_000),
  ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000),
]

/// A duration as Go writes and reads it: numbers with units, as `300ms`, `1.5h` or `1m30s`.
///
/// Callers of runc's `--interval` write it so: Go's time.ParseDuration.
///
/// - Returns: nil for what is none, or is too long for its type.
func nanoseconds(ofDuration text: String) -> Int64? {
  var rest = Substring(text)
  var isNegative = false
  if let sign = rest.first, sign == "-" || sign == "+" {
    isNegative = sign == "-"
    rest.removeFirst()
  }
  // The one number that needs no unit.
  if rest == "0" { return 0 }
  guard !rest.isEmpty else { return nil }
  var total: Int64 = 0
  while !rest.isEmpty {
    guard let part = takePart(&rest) else { return nil }
    let (sum, overflow) = total.addingReportingOverflow(part)
    guard !overflow else { return nil }
    total = sum
  }
  return isNegative ? -total : total
}

/// Takes a number and its unit off the front.
private func takePart(_ rest: inout Substring) -> Int64? {
  let whole = takeDigits(&rest)
  var fraction = Substring()
  if rest.first == "." {
    rest.removeFirst()
    fraction = takeDigits(&rest)
  }
  guard !(whole.isEmpty && fraction.isEmpty) else { return nil }
  let name = rest.prefix { $0 != "." && !isDigit($0) }
  guard let unit = durationUnits.first(where: { $0.name == name })?.nanoseconds else { return nil }
  rest = rest.dropFirst(name.count)
  guard let number = whole.isEmpty ? 0 : Int64(whole) else { return nil }
  let (product, overflow) = number.multipliedReportingOverflow(by: unit)
  guard !overflow else { return nil }
  // Below a nanosecond nothing counts: of the decimals no more than an hour has are looked at.
  var (scale, part) = (unit, Int64(0))
  for digit in fraction {
    scale /= 10
    part += Int64(digit.wholeNumberValue ?? 0) * scale
  }
  let (sum, carry) = product.addingReportingOverflow(part)
  return carry ? nil : sum
}

private func takeDigits(_ rest: inout Substring) -> Substring {
  let digits = rest.prefix(while: isDigit)
  rest = rest.dropFirst(digits.count)
  return digits
}

private func isDigit(_ character: Character) -> Bool {
  ("0"..."9").contains(character)
}
