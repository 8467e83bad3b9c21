/// Writes the headers of a tar archive: ustar, with PAX headers where that is too small.
///
/// The same entry gives the same bytes always. Nothing is written by it: the caller sends the header,
/// the data, the padding, and the end.
/// See: pax(1), POSIX.1-2017, "ustar Interchange Format".
package enum ArchiveWriter {
  /// Two blocks of zeros.
  package static let end = [UInt8](repeating: 0, count: 2 * HeaderBlock.length)

  /// What fills the last block of an entry's data.
  package static func padding(after size: UInt64) -> [UInt8] {
    let rest = Int(size % UInt64(HeaderBlock.length))
    return [UInt8](repeating: 0, count: rest == 0 ? 0 : HeaderBlock.length - rest)
  }

  /// The header of an entry; its data must be `entry.size` bytes, holes included, if it is regular.
  package static func header(for entry: Entry) -> [UInt8] {
    var fields = UstarFields(entry)
    let records = fields.moveOut(entry)
    guard !records.isEmpty else { return fields.block }
    let body = records.flatMap { record($0.key, $0.value) }
    var extended = UstarFields.extendedHeader(size: UInt64(body.count))
    extended.name = Array("PaxHeaders/".utf8) + fields.name.suffix(80)
    return extended.block + body + padding(after: UInt64(body.count)) + fields.block
  }

  /// `LENGTH KEY=VALUE\n`, where the length counts itself.
  private static func record(_ key: [UInt8], _ value: [UInt8]) -> [UInt8] {
    let rest = key.count + value.count + 3
    var length = rest + String(rest).utf8.count
    if String(length).utf8.count > String(rest).utf8.count {
      length = rest + String(length).utf8.count
    }
    return Array("\(length) ".utf8) + key + [UInt8(ascii: "=")] + value + [UInt8(ascii: "\n")]
  }
}

/// The fields of a ustar header.
private struct UstarFields {
  var name: [UInt8]
  var prefix: [UInt8] = []
  var link: [UInt8] = []
  var mode: UInt64
  var uid: UInt64
  var gid: UInt64
  var size: UInt64
  var modified: UInt64
  var type: UInt8
  var major: UInt64 = 0
  var minor: UInt64 = 0

  static func extendedHeader(size: UInt64) -> UstarFields {
    UstarFields(type: UInt8(ascii: "x"), size: size)
  }

  private init(type: UInt8, size: UInt64) {
    name = []
    mode = 0o644
    (uid, gid, modified) = (0, 0, 0)
    self.size = size
    self.type = type
  }

  init(_ entry: Entry) {
    name = entry.path
    mode = UInt64(entry.mode)
    (uid, gid) = (entry.uid, entry.gid)
    size = 0
    modified = UInt64(max(0, entry.modified.seconds))
    switch entry.kind {
    case .regular:
      type = UInt8(ascii: "0")
      size = entry.size
    case .hardLink(let target):
      type = UInt8(ascii: "1")
      link = target
    case .symbolicLink(let target):
      type = UInt8(ascii: "2")
      link = target
    case .characterDevice(let major, let minor):
      type = UInt8(ascii: "3")
      (self.major, self.minor) = (UInt64(major), UInt64(minor))
    case .blockDevice(let major, let minor):
      type = UInt8(ascii: "4")
      (self.major, self.minor) = (UInt64(major), UInt64(minor))
    case .directory:
      type = UInt8(ascii: "5")
      if name.last != UInt8(ascii: "/") { name.append(UInt8(ascii: "/")) }
    case .fifo: type = UInt8(ascii: "6")
    }
  }

  /// Takes out what the fields are too small for, and returns it as records.
  mutating func moveOut(_ entry: Entry) -> [(key: [UInt8], value: [UInt8])] {
    var records: [(key: [UInt8], value: [UInt8])] = []
    func add(_ key: String, _ value: [UInt8]) { records.append((Array(key.utf8), value)) }
    if name.count > 100, !splitName() {
      add("path", name)
      name = Array(name.prefix(100))
    }
    if link.count > 100 {
      add("linkpath", link)
      link = Array(link.prefix(100))
    }
    for (key, field) in [("uid", \UstarFields.uid), ("gid", \UstarFields.gid)]
    where self[keyPath: field] > 0o777_7777 {
      add(key, Array(String(self[keyPath: field]).utf8))
      self[keyPath: field] = 0
    }
    if size > 0o777_7777_7777 {
      add("size", Array(String(size).utf8))
      size = 0
    }
    let time = entry.modified
    if time.nanoseconds != 0 || time.seconds < 0 || modified > 0o777_7777_7777 {
      add("mtime", decimal(time))
      modified = min(modified, 0o777_7777_7777)
    }
    for attribute in entry.attributes {
      records.append((Array("SCHILY.xattr.".utf8) + attribute.name, attribute.value))
    }
    return records
  }

  /// Tries to divide a long name at a slash between the two fields for it.
  private mutating func splitName() -> Bool {
    guard name.count <= 256 else { return false }
    // A directory's own final slash is no place to divide at.
    let candidates = name.dropLast().indices.filter { name[$0] == UInt8(ascii: "/") }
    guard
      let slash = candidates.first(where: { name.count - $0 - 1 <= 100 && $0 > 0 && $0 <= 155 })
    else { return false }
    prefix = Array(name[..<slash])
    name = Array(name[(slash + 1)...])
    return true
  }

  /// Seconds with a fraction, as PAX wants them; the nanoseconds count forward also before 1970.
  private func decimal(_ time: Timestamp) -> [UInt8] {
    guard time.nanoseconds > 0 else { return Array(String(time.seconds).utf8) }
    let isNegative = time.seconds < 0
    let seconds = isNegative ? -(time.seconds + 1) : time.seconds
    let nanoseconds = isNegative ? 1_000_000_000 - time.nanoseconds : time.nanoseconds
    var fraction = String(nanoseconds)
    fraction = String(repeating: "0", count: 9 - fraction.utf8.count) + fraction
    while fraction.hasSuffix("0") { fraction.removeLast() }
    return Array("\(isNegative ? "-" : "")\(seconds).\(fraction)".utf8)
  }

  var block: [UInt8] {
    var block = [UInt8](repeating: 0, count: HeaderBlock.length)
    func put(_ bytes: some Collection<UInt8>, at offset: Int, _ length: Int) {
      for (index, byte) in bytes.prefix(length).enumerated() { block[offset + index] = byte }
    }
    func octal(_ value: UInt64, at offset: Int, _ length: Int) {
      let digits = String(value, radix: 8)
      put(
        Array((String(repeating: "0", count: max(0, length - 1 - digits.count)) + digits).utf8),
        at: offset,
        length - 1
      )
    }
    put(name, at: 0, 100)
    octal(mode, at: 100, 8)
    octal(uid, at: 108, 8)
    octal(gid, at: 116, 8)
    octal(size, at: 124, 12)
    octal(modified, at: 136, 12)
    block[156] = type
    put(link, at: 157, 100)
    put(Array("ustar\u{0}00".utf8), at: 257, 8)
    octal(major, at: 329, 8)
    octal(minor, at: 337, 8)
    put(prefix, at: 345, 155)
    let sum = block.reduce(UInt64(8 * 0x20)) { $0 + UInt64($1) }
    octal(sum, at: 148, 7)
    block[155] = UInt8(ascii: " ")
    return block
  }
}
