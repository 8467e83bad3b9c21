/// A hostile name made fit for a terminal and a log.
///
/// Valid UTF-8 stays as it is; control characters, bytes that are no UTF-8, direction marks and the
/// backslash become `\xNN`. Long names are cut in the middle.
package func shown(_ bytes: some Sequence<UInt8>) -> String {
  let bytes = Array(bytes)
  let limit = 400
  guard bytes.count > limit else { return escaped(bytes[...]) }
  return escaped(bytes.prefix(limit / 2)) + "…" + escaped(bytes.suffix(limit / 2))
}

/// The same, but whole however long: for lists of names that programs read.
package func shownWhole(_ bytes: some Sequence<UInt8>) -> String {
  escaped(Array(bytes)[...])
}

/// A message, whole, without anything in it that a terminal would obey.
///
/// Unlike `shown` it leaves the backslash alone: names in a message are escaped already.
package func shownText(_ text: String) -> String {
  var result = ""
  for scalar in text.unicodeScalars {
    if scalar == "\\" || isHarmless(scalar) {
      result.unicodeScalars.append(scalar)
    } else {
      result += String(scalar).utf8.map(hexEscape).joined()
    }
  }
  return result
}

private func escaped(_ bytes: ArraySlice<UInt8>) -> String {
  var text = ""
  var rest = bytes
  while !rest.isEmpty {
    if let (scalar, length) = leadingScalar(rest), isHarmless(scalar) {
      text.unicodeScalars.append(scalar)
      rest = rest.dropFirst(length)
    } else {
      text += hexEscape(rest[rest.startIndex])
      rest = rest.dropFirst()
    }
  }
  return text
}

private func leadingScalar(_ bytes: ArraySlice<UInt8>) -> (Unicode.Scalar, Int)? {
  var decoder = UTF8()
  var iterator = bytes.prefix(4).makeIterator()
  guard case .scalarValue(let scalar) = decoder.decode(&iterator) else { return nil }
  return (scalar, UTF8.width(scalar))
}

private func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.properties.generalCategory {
  case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned,
    .privateUse:
    false
  default:
    scalar != "\\"
  }
}

private func hexEscape(_ byte: UInt8) -> String {
  let digits = String(byte, radix: 16)
  return digits.count == 1 ? "\\x0\(digits)" : "\\x\(digits)"
}
