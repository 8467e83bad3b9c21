package import Kernel

/// Starts an init that waits at its gate, and waits until it has become its program or has failed.
///
/// Init's end of the gate is close-on-exec: when nobody reads the fifo any more, the program runs or
/// init has ended; then the failure file tells which.
///
/// - Parameters:
///   - gate: the outer end of the gate.
///   - failure: reads the failure file.
/// - Throws: what kept init from becoming its program.
package func startAtGate(
  _ gate: consuming OwnedDescriptor,
  failure: () throws(LaunchError) -> [UInt8],
) throws(LaunchError) {
  try about("start") { () throws(KernelError) in
    try gate.writeAll(CreatorMessage.start.frame)
    _ = try gate.wait(for: [], milliseconds: -1)
  }
  let bytes = try failure()
  guard !bytes.isEmpty else { return }
  throw .failure(in: bytes)
}
