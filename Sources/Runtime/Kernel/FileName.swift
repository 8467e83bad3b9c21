import Glibc

/// The name of a file in a directory, one component and no path; its bytes need not be UTF-8, as those
/// of an image's files, or of a container's cgroups, are anybody's.
package struct FileName: Sendable {
  /// With the zero at its end.
  let bytes: [CChar]

  /// For messages, and for names that were chosen here.
  package var text: String {
    String(decoding: bytes.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// The names in a directory, `.` and `..` left out, in no order.
  ///
  /// Whose names are wanted is asked with what the listing says of each: DT_DIR and its like, as the
  /// file system knows it. See: readdir(3).
  static func list(
    in directory: borrowing OwnedDescriptor,
    where isWanted: (Int) -> Bool = { _ in true },
  ) throws(KernelError) -> [FileName] {
    // The position belongs to the open file, so the stream gets one of its own.
    let own = try open(at: directory, ".", [.readOnly, .directory], [])
    guard let stream = unsafe fdopendir(own.raw) else {
      throw KernelError(call: "fdopendir", code: .init(rawValue: errno), subject: "")
    }
    _ = own.release()
    defer { unsafe closedir(stream) }
    var names: [FileName] = []
    while let entry = unsafe readdir(stream) {
      guard unsafe isWanted(Int(entry.pointee.d_type)) else { continue }
      let bytes = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { buffer in
        unsafe buffer.prefix { $0 != 0 }.map(CChar.init(bitPattern:)) + [0]
      }
      if bytes != dot, bytes != dotDot { names.append(FileName(bytes: bytes)) }
    }
    return names
  }

  private static let dot: [CChar] = [46, 0]
  private static let dotDot: [CChar] = [46, 46, 0]
}
