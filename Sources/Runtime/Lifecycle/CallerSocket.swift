import Kernel

/// How long a listener may take to take a connection, in milliseconds: less than others wait for the
/// lock that is held meanwhile.
private let connectingTime: Int32 = 5000

/// Connects to a socket that the caller has named.
///
/// See: unix(7) and listen(2): with a full backlog connect(2) waits, without a limit for ever.
///
/// - Parameters:
///   - path: of a stream socket.
///   - subject: what the caller has named it as, for messages.
/// - Returns: the connection; each write to it has the same limit.
/// - Throws: what connect(2) says, or that nobody has taken the connection.
func connect(to path: String, _ subject: String) throws(RuntimeError) -> OwnedDescriptor {
  do throws(KernelError) {
    return try UnixSocket.connect(path, isAbstract: false, withinMilliseconds: connectingTime)
  } catch  where error.code == .wouldBlock {
    throw .refused(
      "\(subject): nobody has taken the connection to \(path) within \(connectingTime / 1000) s"
    )
  } catch {
    throw .kernel(error, subject: subject)
  }
}
