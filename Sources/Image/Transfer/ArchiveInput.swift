import Codecs
import HostProcess
import RootedFiles

/// The bytes of an archive from a file or pipe, reported on the way.
struct ArchiveInput: ~Copyable, ByteInput {
  private let file: OwnedDescriptor
  private let progress: @Sendable (Int64) -> Void

  init(_ file: consuming OwnedDescriptor, progress: @escaping @Sendable (Int64) -> Void) {
    self.file = file
    self.progress = progress
  }

  /// Waits for a pipe's other end, but not beyond a signal.
  mutating func read(into buffer: inout [UInt8]) throws(TransferError) -> Int {
    do throws(Interrupted) {
      try Interruption.waitForInput(file.raw)
    } catch {
      throw .interrupted(error)
    }
    do throws(FileError) {
      let length = try file.read(into: &buffer)
      progress(Int64(length))
      return length
    } catch {
      throw .source(error)
    }
  }
}
