import Glibc

extension Directory {
  /// The names of the directories in a directory of a file system that tells kinds when it is listed,
  /// as cgroupfs does; `.` and `..` left out.
  package static func subdirectories(
    of directory: borrowing OwnedDescriptor,
  ) throws(KernelError) -> [String] {
    // The position belongs to the open file, so the stream gets one of its own.
    let own = try Kernel.open(at: directory, ".", [.readOnly, .directory], [])
    guard let stream = unsafe fdopendir(own.raw) else {
      throw KernelError(call: "fdopendir", code: .init(rawValue: errno), subject: "")
    }
    _ = own.release()
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      guard unsafe entry.pointee.d_type == UInt8(DT_DIR) else { continue }
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
          unsafe String(cString: $0)
        }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }
}
