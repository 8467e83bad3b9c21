import Kernel

/// Refuses to preserve numbers that nothing is open at: files of ours could come to have them, so
/// this comes before any is opened.
package func checkPreserved(_ count: Int32) throws(RuntimeError) {
  for number in 3..<(3 + count) where !DescriptorTable.isOpen(number) {
    throw .refused("--preserve-fds \(count): descriptor \(number) is not open")
  }
}
