import Kernel

/// Sends a descriptor of a process to who listens at a socket; nothing without a path.
///
/// The bytes with it are what runc sends: go-runc reads one message and takes its descriptor.
func sendProcess(_ pid: Int32, to path: String?) throws(RuntimeError) {
  guard let path else { return }
  let socket = try connect(to: path, "pidfd socket")
  try about("pidfd socket") { () throws(KernelError) in
    try UnixSocket.send(try Process.open(pid), with: [UInt8]("pidfd".utf8), over: socket)
  }
}
