import JSON
import Kernel
import RuntimeSpec
import State
import SyscallFilter

/// What goes to whoever listens at `linux.seccomp.listenerPath`, with the listener's descriptor.
///
/// Spec: config-linux.md, "The Container Process State".
struct ListenerMessage {
  private let bytes: [UInt8]
  private let pidPlace: Int
  private let pid: Int32

  /// Writes down everything but a `pid` of 0, which only the last yard will know.
  init(
    _ record: ContainerRecord,
    metadata: String?,
    pid: Int32,
    container: JSONValue,
  ) {
    // JSON allows spaces before the number: the last yard writes it into them.
    let head: JSONValue = [
      "ociVersion": .string(record.ociVersion), "fds": ["seccompFd"],
    ]
    let tail = JSONValue.object(present: [
      ("metadata", metadata.map { .string($0) }), ("state", container),
    ])
    var bytes = head.text(.compact)
    bytes.removeLast()
    bytes += Array(",\"pid\":".utf8)
    pidPlace = bytes.count
    bytes += [UInt8](repeating: UInt8(ascii: " "), count: 10)
    bytes.append(UInt8(ascii: ","))
    bytes += tail.text(.compact).dropFirst()
    self.bytes = bytes
    self.pid = pid
  }

  func handover(over connection: CInt) -> ListenerHandover {
    ListenerHandover(connection: connection, message: bytes, pidPlace: pidPlace, pid: pid)
  }
}

extension Preparation {
  /// What the last yard needs to hand the filter's listener over; nil for a filter without one.
  var listenerHandover: ListenerHandover? {
    switch listener {
    case nil: nil
    case let listener?: listenerMessage?.handover(over: listener.raw)
    }
  }
}

extension Preparation {
  /// Leaves the connection open for the last yard.
  mutating func releaseListener() {
    switch listener.take() {
    case nil: return
    case let connection?: _ = connection.release()
    }
  }
}

extension Init {
  /// Writes down who gets a listener for what, while the host's procfs tells who this is.
  mutating func describeListener() throws(InitFailure) {
    guard preparation.filter?.hasListener == true else { return }
    var pid: Int32 = 0
    try kernel(.setLabels) { () throws(KernelError) in pid = try preparation.processes.ownID() }
    // Without no_new_privs the filter is loaded before start.
    let status: ContainerStatus = plan.process.noNewPrivileges ? .created : .creating
    preparation.listenerMessage = ListenerMessage(
      request.record,
      metadata: plan.seccomp?.listenerMetadata,
      pid: pid,
      container: request.record.stateDocument(status, pid: pid)
    )
  }
}

extension Tenant {
  /// Writes down who gets a listener for what.
  mutating func describeListener() {
    guard preparation.filter?.hasListener == true else { return }
    let record = request.record
    preparation.listenerMessage = ListenerMessage(
      record,
      metadata: request.listenerMetadata,
      // Who is made by the last yard is known only then.
      pid: request.namespaces.contains(.pid) ? 0 : Process.ownID,
      container: record.stateDocument(.running, pid: record.initProcess?.pid ?? 0)
    )
  }
}
