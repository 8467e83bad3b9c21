package import Kernel

/// What stands between a created container and its program: a fifo that init reads one byte from.
///
/// Init holds the fifo open for reading and writing, close-on-exec: so it has a reader exactly as
/// long as init waits to be started, and the kernel itself says whether a container is `created`.
extension ContainerDirectory {
  private static var gateName: String { "start" }
  private static var failureName: String { "failure" }

  /// Makes the gate, and opens init's end of it.
  package func makeGate() throws(StateError) -> OwnedDescriptor {
    do throws(KernelError) {
      try Directory.makeFifo(at: descriptor, Self.gateName, mode: 0o600)
      return try Kernel.open(at: descriptor, Self.gateName, [.readWrite], [.beneath, .noSymlinks])
    } catch {
      throw .kernel(error)
    }
  }

  /// Makes the file into which init writes why it could not start, and opens it for writing.
  package func makeFailureFile() throws(StateError) -> OwnedDescriptor {
    do throws(KernelError) {
      let file = try Kernel.open(
        at: descriptor,
        Self.failureName,
        [.writeOnly, .create, .truncate, .append],
        mode: 0o600,
        [.beneath, .noSymlinks]
      )
      do throws(KernelError) {
        // An empty file means success: a full file system must not make a failure one.
        try file.reserve(Channel.longestFrame, subject: Self.failureName)
      } catch  where error.code == .notSupported {
        // Not every file system can.
      }
      return file
    } catch {
      throw .kernel(error)
    }
  }

  /// The outer end of the gate; nil when init does not wait at it (any more).
  package func openGate() throws(StateError) -> OwnedDescriptor? {
    do throws(KernelError) {
      return try Kernel.open(
        at: descriptor,
        Self.gateName,
        [.writeOnly, .nonblocking],
        [.beneath, .noSymlinks]
      )
    } catch  where error.code == .noDeviceOrAddress || error.code == .noEntry {
      return nil
    } catch {
      throw .kernel(error)
    }
  }

  /// What init wrote when it could not start; empty when it could.
  package func readFailure() throws(StateError) -> [UInt8] {
    do throws(KernelError) {
      return try Kernel.open(
        at: descriptor,
        Self.failureName,
        [.readOnly],
        [.beneath, .noSymlinks]
      )
      .readAll(limit: 1 << 16)
    } catch  where error.code == .noEntry {
      return []
    } catch {
      throw .kernel(error)
    }
  }
}
