extension StringProtocol {
  /// What lies between the slashes of a path, without empty parts.
  ///
  /// By bytes, as the kernel reads it: to Swift a slash and an accent that combines with it are one
  /// Character, and so no slash. See: path_resolution(7).
  package var pathSteps: [Substring] {
    Substring(self).utf8.split(separator: UInt8(ascii: "/")).map { Substring($0) }
  }

  /// Whether a name would be more than one part of a path.
  package var hasSlash: Bool { utf8.contains(UInt8(ascii: "/")) }
}
