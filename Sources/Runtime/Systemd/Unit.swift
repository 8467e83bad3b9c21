/// The unit that a container is in systemd: a scope in a slice, or a slice of its own.
package struct Unit: Equatable, Sendable {
  /// The unit's name, as `swrun-web.scope`.
  package let name: String
  /// The slice of a scope; a slice has its place by its name.
  let slice: String?
  /// Whether the systemd of a user keeps it, and not that of the system.
  package let isOfUser: Bool

  package var isSlice: Bool { name.hasSuffix(Self.sliceSuffix) }

  /// A unit that was made before, known by its name alone.
  package init(recorded name: String) {
    self.name = name
    slice = nil
    isOfUser = false
  }

  /// The unit that a configuration names, or the default one.
  ///
  /// `SLICE:PREFIX:NAME` is the scope PREFIX-NAME.scope in SLICE, NAME.scope without a prefix; and
  /// the slice NAME itself if it ends in `.slice`. An empty SLICE is system.slice, or user.slice
  /// under the service manager of a user. Slices nest by their names: a-b.slice is in a.slice.
  ///
  /// Spec: config-linux.md, "Cgroups Path"; the form is that of runc and its callers. See:
  /// systemd.slice(5), systemd.scope(5).
  ///
  /// - Throws: `invalidPath`.
  package init(cgroupsPath: String?, id: String, isOfUser: Bool) throws(SystemdError) {
    self.isOfUser = isOfUser
    let defaultSlice = isOfUser ? "user.slice" : "system.slice"
    guard let path = cgroupsPath else {
      // An id may have what a unit's name may not, and an id was not meant for one.
      name = "swrun-\(Self.escaped(id)).scope"
      slice = defaultSlice
      return
    }
    let parts = path.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 3 else {
      throw .invalidPath(path, reason: "it is no name of a unit")
    }
    let given = parts[0].isEmpty ? nil : parts[0]
    if let given { try Self.check(slice: given, of: path) }
    guard !parts[2].isEmpty else { throw .invalidPath(path, reason: "the NAME is missing") }
    if parts[2].hasSuffix(Self.sliceSuffix) {
      try Self.check(slice: parts[2], of: path)
      let parent = Self.parent(of: parts[2])
      guard given == nil || given == parent, parts[2] != Self.rootSlice else {
        throw .invalidPath(path, reason: "the slice \(parts[2]) is always in \(parent)")
      }
      name = parts[2]
      slice = nil
    } else {
      name = (parts[1].isEmpty ? "" : "\(parts[1])-") + "\(parts[2]).scope"
      slice = given ?? defaultSlice
    }
    try Self.check(name: name, of: path)
  }

  private static let sliceSuffix = ".slice"
  /// The slice that all others are in.
  private static let rootSlice = "-.slice"

  private static func parent(of slice: String) -> String {
    let words = slice.dropLast(sliceSuffix.count).split(separator: "-")
    return words.count < 2 ? rootSlice : words.dropLast().joined(separator: "-") + sliceSuffix
  }

  private static func check(slice: String, of path: String) throws(SystemdError) {
    guard slice.hasSuffix(sliceSuffix) else {
      throw .invalidPath(path, reason: "\(slice) does not end in .slice")
    }
    try check(name: slice, of: path)
    guard slice != rootSlice else { return }
    let words = slice.dropLast(sliceSuffix.count)
      .split(separator: "-", omittingEmptySubsequences: false)
    guard words.allSatisfy({ !$0.isEmpty }) else {
      throw .invalidPath(path, reason: "\(slice) has a dash with nothing before or behind it")
    }
  }

  /// See: systemd.unit(5), "Description".
  private static func check(name: String, of path: String) throws(SystemdError) {
    guard name.utf8.count <= 255 else {
      throw .invalidPath(path, reason: "a unit's name may not be over 255 bytes")
    }
    guard name.utf8.allSatisfy({ isAlphanumeric($0) || ":_.\\@-".utf8.contains($0) }) else {
      throw .invalidPath(
        path,
        reason: "a unit's name consists of letters, digits and : _ . \\ @ -"
      )
    }
  }

  /// A text with what a unit's name may not have as \xNN: systemd-escape(1).
  private static func escaped(_ text: String) -> String {
    text.utf8.map { byte in
      isAlphanumeric(byte) || "_.-".utf8.contains(byte)
        ? String(UnicodeScalar(byte)) : "\\x" + hexadecimal(byte)
    }.joined()
  }

  /// The unit's object on the bus.
  ///
  /// See: org.freedesktop.systemd1(5): each byte but letters and digits stands as _NN.
  var objectPath: String {
    let text = name.utf8.enumerated().map { index, byte in
      let isPlain = isAlphanumeric(byte) && !(index == 0 && byte <= UInt8(ascii: "9"))
      return isPlain ? String(UnicodeScalar(byte)) : "_" + hexadecimal(byte)
    }
    return "/org/freedesktop/systemd1/unit/" + text.joined()
  }
}

private func isAlphanumeric(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "0")...UInt8(ascii: "9"):
    true
  default: false
  }
}

private func hexadecimal(_ byte: UInt8) -> String {
  (byte < 16 ? "0" : "") + String(byte, radix: 16)
}
