package import Kernel

/// Starts an init that waits at its gate, and waits until it has become its program or has failed.
///
/// Init's end of the gate is close-on-exec: when nobody reads the fifo any more, the program runs or
/// init has ended; then the failure file tells which, or that what was written has not been read.
///
/// - Parameters:
///   - gate: the outer end of the gate.
///   - failure: reads the failure file.
/// - Throws: what kept init from becoming its program.
package func startAtGate(
  _ gate: consuming OwnedDescriptor,
  failure: () throws(LaunchError) -> [UInt8],
) throws(LaunchError) {
  let isUnread = try about("start") { () throws(KernelError) in
    try gate.writeAll(CreatorMessage.start.frame)
    _ = try gate.wait(for: [], milliseconds: -1)
    return try gate.unreadCount() > 0
  }
  if let failure = failureAtGate(in: try failure()) { throw failure }
  guard !isUnread else { throw .handshake(.closedAtStart) }
}

/// What the failure file says; nil when init has become its program.
///
/// It holds frames one after the other: where there are startContainer hooks, one that says so, made
/// before init waits, and one that says that they are done; then a failure, if there is one.
func failureAtGate(in file: [UInt8]) -> LaunchError? {
  var rest = file[...]
  if rest.starts(with: InitMessage.startHooksAhead.frame) {
    rest = rest.dropFirst(InitMessage.startHooksAhead.frame.count)
    guard !rest.isEmpty else { return .handshake(.closedAtStart) }
    if rest.starts(with: InitMessage.startHooksDone.frame) {
      rest = rest.dropFirst(InitMessage.startHooksDone.frame.count)
    }
  }
  return rest.isEmpty ? nil : .failure(in: Array(rest))
}
