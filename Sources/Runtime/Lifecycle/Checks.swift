import Kernel
import RuntimeSpec

/// Refuses a terminal that nobody would get, and a socket that nothing would be sent to.
func checkTerminal(_ process: ProcessPlan, _ options: CreateOptions) throws(RuntimeError) {
  switch (process.hasTerminal, options.consoleSocket) {
  case (true, nil):
    throw .refused(
      "process.terminal is true, and there is no --console-socket to send the terminal to: "
        + "give one, or set process.terminal to false"
    )
  case (false, _?):
    throw .refused("--console-socket is given, but process.terminal is not true")
  default: return
  }
}

/// Refuses a number that nothing is open at; as below, before any file of ours is opened.
package func checkIsOpen(_ number: Int32) throws(RuntimeError) {
  guard DescriptorTable.isOpen(number) else {
    throw .refused("--status-fd \(number): descriptor \(number) is not open")
  }
}

/// Refuses to preserve numbers that nothing is open at: files of ours could come to have them, so
/// this comes before any is opened.
package func checkPreserved(_ count: Int32) throws(RuntimeError) {
  for number in 3..<(3 + count) where !DescriptorTable.isOpen(number) {
    throw .refused("--preserve-fds \(count): descriptor \(number) is not open")
  }
}
