/// One mount of a process's mount namespace.
///
/// See: proc(5), /proc/pid/mountinfo.
struct MountEntry: Equatable {
  var id: UInt64
  var parent: UInt64
  /// Absolute, from the root of the process that the table is of.
  var path: String
}

extension MountEntry {
  /// Reads a whole table; lines that are none of this form are left out.
  static func table(_ text: [UInt8]) -> [MountEntry] {
    text.split(separator: UInt8(ascii: "\n")).compactMap { line in
      let fields = line.split(separator: UInt8(ascii: " "))
      guard fields.count > 5, let id = UInt64(String(decoding: fields[0], as: UTF8.self)),
        let parent = UInt64(String(decoding: fields[1], as: UTF8.self))
      else { return nil }
      return MountEntry(id: id, parent: parent, path: unescaped(fields[4]))
    }
  }

  /// A path with its `\\040` and the like as what they stand for.
  private static func unescaped(_ field: ArraySlice<UInt8>) -> String {
    var bytes: [UInt8] = []
    var rest = field
    while let byte = rest.popFirst() {
      let digits = rest.prefix(3)
      let isOctal = digits.count == 3 && digits.allSatisfy { (0x30...0x37).contains($0) }
      guard byte == UInt8(ascii: "\\"), isOctal else {
        bytes.append(byte)
        continue
      }
      bytes.append(digits.reduce(0) { $0 << 3 | ($1 - 0x30) })
      rest = rest.dropFirst(3)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension [MountEntry] {
  /// The rests of the paths of all mounts below one, as `/below`.
  func restsBelow(_ path: String) -> [String] {
    let start = path == "/" ? "" : path
    return compactMap { entry in
      entry.path != path && entry.path.utf8.starts(with: (start + "/").utf8)
        ? String(decoding: entry.path.utf8.dropFirst(start.utf8.count), as: UTF8.self) : nil
    }
  }
}
