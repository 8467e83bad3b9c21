package import Kernel

/// A pseudoterminal of the container's own devpts, made by init.
///
/// Spec: config.md, "process.terminal"; pts(4).
package struct ContainerTerminal: ~Copyable {
  package let master: OwnedDescriptor
  package let slave: OwnedDescriptor

  /// Opens a new pair in the devpts that is mounted at /dev/pts of the rootfs.
  ///
  /// - Throws: EXDEV when what is there is no devpts: a directory that an image brought along must
  ///   not pass for one.
  package init(in rootfs: borrowing OwnedDescriptor) throws(KernelError) {
    let opened = try open(
      at: rootfs,
      "dev/pts/ptmx",
      [.readWrite, .noControllingTerminal],
      [.inRoot, .noMagicLinks, .noSymlinks]
    )
    guard try opened.fileSystemMagic() == FileSystemMagic.devpts else {
      throw KernelError(call: "open", code: .crossDevice, subject: "/dev/pts/ptmx (not a devpts)")
    }
    try PseudoTerminal.unlock(opened)
    slave = try PseudoTerminal.openPeer(of: opened)
    master = opened
  }

  /// Sends the master to who listens at the console socket, and keeps only the slave.
  ///
  /// The bytes with it are the name that the master has in the container, as runc sends it.
  package func sendMaster(over socket: borrowing OwnedDescriptor) throws(KernelError) {
    try UnixSocket.send(master, with: [UInt8]("/dev/ptmx".utf8), over: socket)
  }

  /// Makes the slave the controlling terminal and all three standard streams.
  package func takeOver() throws(KernelError) {
    try PseudoTerminal.makeControlling(slave)
    try takeStreams()
  }

  /// Makes the slave all three standard streams.
  package func takeStreams() throws(KernelError) {
    for stream in CInt(0)...2 {
      try DescriptorTable.duplicate(slave, onto: stream)
    }
  }
}
