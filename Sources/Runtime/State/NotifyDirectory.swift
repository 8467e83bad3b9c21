package import Kernel

/// The part of a container's directory that the container sees, read-only: where it finds the socket
/// for what it has to say to a service manager.
///
/// The socket itself is made by whoever starts the container, so that the container's mount has to be
/// of the directory.
extension ContainerDirectory {
  static let notifyName = "notify"
  private static var socketName: String { "notify.sock" }

  /// Makes the directory, unless it is there.
  ///
  /// - Returns: its path on the host.
  package func makeNotifyDirectory(in root: borrowing StateRoot) throws(StateError) -> String {
    do throws(KernelError) {
      do throws(KernelError) {
        try Directory.make(at: descriptor, Self.notifyName, mode: 0o755)
      } catch  where error.code == .exists {
        // Left by a creator that was killed before it had written its record.
      }
      // Whatever the caller's umask: every user of the container may look into it.
      try openNotifyDirectory().setMode(0o755)
    } catch {
      throw .kernel(error)
    }
    return "\(root.path)/\(id)/\(Self.notifyName)"
  }

  /// Whether the container was made with the directory.
  package func hasNotifyDirectory() throws(StateError) -> Bool { try has(Self.notifyName) }

  /// Makes the socket; nil in a container that was made without the directory.
  package func makeNotifySocket() throws(StateError) -> OwnedDescriptor? {
    do throws(KernelError) {
      return try DatagramSocket.bind(at: try openNotifyDirectory(), Self.socketName)
    } catch  where error.code == .noEntry {
      return nil
    } catch {
      throw .kernel(error)
    }
  }

  /// Removes the directory with everything that a container which has got around its being read-only
  /// may have put there.
  func removeNotifyDirectory() throws(KernelError) {
    try DirectoryTree.empty(try openNotifyDirectory())
    try Directory.remove(at: descriptor, Self.notifyName)
  }

  private func openNotifyDirectory() throws(KernelError) -> OwnedDescriptor {
    try open(at: descriptor, Self.notifyName, [.readOnly, .directory], [.beneath, .noSymlinks])
  }
}
