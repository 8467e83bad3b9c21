import Kernel
import RuntimeSpec
import Terminal

/// The way that the master of a new terminal takes out of a container.
struct Console: ~Copyable {
  /// Over which init or a tenant sends the master; nil without a terminal.
  var inner: OwnedDescriptor?
  /// Where this process gets it; nil where it goes to a console socket.
  var outer: OwnedDescriptor?

  /// Decides where the terminal goes, and opens the way.
  ///
  /// In the foreground this process stays, and can join the terminal to the caller's.
  ///
  /// - Throws: when nobody would get the terminal, and for a socket that nothing would be sent to.
  init(
    for process: ProcessPlan,
    socket: String?,
    isForeground: Bool,
  ) throws(RuntimeError) {
    switch (process.hasTerminal, socket) {
    case (false, nil):
      inner = nil
      outer = nil
    case (false, _?):
      throw .refused("--console-socket is given, but process.terminal is not true")
    case (true, let path?):
      inner = try connect(to: path, "console socket")
      outer = nil
    case (true, nil):
      guard isForeground else {
        throw .refused(
          "cannot allocate tty if swrun will detach without setting console socket: "
            + "give --console-socket, or set process.terminal to false"
        )
      }
      var pair = try about("terminal") { () throws(KernelError) in
        try Channel.pair().descriptors()
      }
      inner = pair.first.take()
      outer = pair.second.take()
    }
  }

  /// Takes the master that has been sent, and gives it the size of the caller's terminal before any
  /// program can ask for it; nil where there is none for this process.
  mutating func takeMaster() throws(RuntimeError) -> OwnedDescriptor? {
    guard let outer = outer.take() else { return nil }
    let received = try about("terminal") { () throws(KernelError) in
      ReceivedMaster(descriptor: try UnixSocket.receiveDescriptor(over: outer))
    }
    guard let master = received.descriptor else {
      throw .refused("the process has opened no terminal")
    }
    try about("terminal") { () throws(KernelError) in try TerminalRelay.giveSize(to: master) }
    return master
  }
}

/// An optional that a generic closure can return.
private struct ReceivedMaster: ~Copyable {
  let descriptor: OwnedDescriptor?
}
