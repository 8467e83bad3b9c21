import Kernel

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
