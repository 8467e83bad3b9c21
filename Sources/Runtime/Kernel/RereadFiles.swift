import Glibc

extension OwnedDescriptor {
  /// Reads once from the file's start, at most `count` bytes, and leaves its position alone.
  ///
  /// The files of cgroupfs make their text anew when they are read so.
  package func readFromStart(upTo count: Int, subject: String = "") throws(KernelError) -> [UInt8] {
    var failure: KernelError?
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      do throws(KernelError) {
        filled = try check("pread", subject) { unsafe pread(raw, buffer.baseAddress, count, 0) }
      } catch {
        failure = error
        filled = 0
      }
    }
    if let failure { throw failure }
    return bytes
  }
}
