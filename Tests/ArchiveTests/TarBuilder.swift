/// Writes tar archives field by field, also those that no program would write.
struct TarBuilder {
  var bytes: [UInt8] = []

  struct Header {
    var name: [UInt8]
    var mode: [UInt8] = octal(0o644, 8)
    var uid: [UInt8] = octal(0, 8)
    var gid: [UInt8] = octal(0, 8)
    var size: [UInt8] = octal(0, 12)
    var modified: [UInt8] = octal(0, 12)
    var type: Character = "0"
    var link: [UInt8] = []
    var magic: [UInt8] = Array("ustar\u{0}00".utf8)
    var major: [UInt8] = []
    var minor: [UInt8] = []
    var prefix: [UInt8] = []
    var tail: [UInt8] = []
    var checksum: [UInt8]?

    init(_ name: String) {
      self.name = Array(name.utf8)
    }

    var bytes: [UInt8] {
      var block = [UInt8](repeating: 0, count: 512)
      func put(_ value: [UInt8], at place: Int) {
        block.replaceSubrange(place..<(place + value.count), with: value)
      }
      put(name, at: 0)
      put(mode, at: 100)
      put(uid, at: 108)
      put(gid, at: 116)
      put(size, at: 124)
      put(modified, at: 136)
      put(Array(repeating: 0x20, count: 8), at: 148)
      put([type.asciiValue ?? 0], at: 156)
      put(link, at: 157)
      put(magic, at: 257)
      put(major, at: 329)
      put(minor, at: 337)
      put(prefix, at: 345)
      put(tail, at: 512 - tail.count)
      let sum = block.reduce(0) { $0 + Int($1) }
      put(checksum ?? octal(sum, 7) + [0x20], at: 148)
      return block
    }
  }

  mutating func add(_ header: Header, data: [UInt8] = []) {
    var header = header
    if !data.isEmpty { header.size = octal(data.count, 12) }
    bytes += header.bytes
    addPadded(data)
  }

  mutating func addPadded(_ data: [UInt8]) {
    bytes += data
    bytes += Array(repeating: 0, count: (512 - data.count % 512) % 512)
  }

  /// A PAX header of records with their lengths made right.
  mutating func addPax(_ records: [(String, [UInt8])], type: Character = "x") {
    var header = Header("pax")
    header.type = type
    add(header, data: records.flatMap { paxRecord($0.0, $0.1) })
  }

  mutating func addPax(_ records: [(String, String)], type: Character = "x") {
    addPax(records.map { ($0.0, Array($0.1.utf8)) }, type: type)
  }

  mutating func end() {
    bytes += Array(repeating: 0, count: 1024)
  }
}

func octal(_ value: Int, _ length: Int) -> [UInt8] {
  let digits = String(value, radix: 8)
  return Array((String(repeating: "0", count: length - 1 - digits.count) + digits).utf8) + [0]
}

func paxRecord(_ key: String, _ value: [UInt8]) -> [UInt8] {
  let rest = [0x20] + Array(key.utf8) + [0x3D] + value + [0x0A]
  var length = rest.count + 1
  while String(length).utf8.count + rest.count != length { length += 1 }
  return Array(String(length).utf8) + rest
}
