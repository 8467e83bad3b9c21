/// The bytes that a size stands for, as callers write it for runc; nil for what is no size.
///
/// A number, which may have a fraction where a unit follows, and a unit of 1,024 bytes or its powers:
/// k, m, g, t or p, with or without `b` or `ib` behind it, in any case of letters; and -1.
func byteCount(_ text: String) -> Int64? {
  if text == "-1" { return -1 }
  let number = text.prefix { ("0"..."9").contains($0) || $0 == "." }
  var unit = text[number.endIndex...].lowercased()
  if unit.first == " " { unit.removeFirst() }
  let units = ["", "k", "m", "g", "t", "p"]
  let power = units.indices.first { index in
    let name = units[index]
    return unit == name || unit == "\(name)b" || (index > 0 && unit == "\(name)ib")
  }
  guard let power else { return nil }
  let factor = Int64(1) << Int64(10 * power)
  if let whole = Int64(number) {
    let (product, overflow) = whole.multipliedReportingOverflow(by: factor)
    return overflow ? nil : product
  }
  guard number.first != ".", number.last != ".", let fraction = Double(number) else { return nil }
  return Int64(exactly: (fraction * Double(factor)).rounded(.down))
}
