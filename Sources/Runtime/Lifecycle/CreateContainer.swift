import Capabilities
import Cgroups
import Confinement
import Hooks
import JSON
import Kernel
import Launch
import RuntimeSpec
package import State
import SyscallFilter

/// What the caller of create or run asks for.
package struct CreateOptions: Sendable {
  package var id: ContainerID
  package var bundle: String
  /// A file in place of the bundle's config.json.
  package var configuration: String?
  package var pidFile: String?
  package var consoleSocket: String?
  package var pidfdSocket: String?
  package var movesRoot: Bool
  package var keepsKeyring: Bool
  package var preservedDescriptors: Int32
  package var cgroupManager: CgroupManager
  /// Whether the caller has no privileges; nil leaves that to be found out.
  package var isRootless: Bool?
  /// Variables about sockets of a service manager's that are passed on, as KEY=value; LISTEN_PID is
  /// added to them.
  package var socketVariables: [String]
  /// Who is to know when the container is ready; nil for nobody.
  package var notifyAddress: NotifyAddress?

  package init(
    id: ContainerID,
    bundle: String,
    configuration: String?,
    pidFile: String?,
    consoleSocket: String?,
    pidfdSocket: String?,
    movesRoot: Bool,
    keepsKeyring: Bool,
    preservedDescriptors: Int32,
    cgroupManager: CgroupManager,
    isRootless: Bool?,
    socketVariables: [String],
    notifyAddress: NotifyAddress?,
  ) {
    self.id = id
    self.bundle = bundle
    self.configuration = configuration
    self.pidFile = pidFile
    self.consoleSocket = consoleSocket
    self.pidfdSocket = pidfdSocket
    self.movesRoot = movesRoot
    self.keepsKeyring = keepsKeyring
    self.preservedDescriptors = preservedDescriptors
    self.cgroupManager = cgroupManager
    self.isRootless = isRootless
    self.socketVariables = socketVariables
    self.notifyAddress = notifyAddress
  }
}

/// Makes a container that waits to be started, and writes its pid file.
///
/// Spec: runtime.md, "Create".
package func create(_ options: CreateOptions, on host: borrowing Host) throws(RuntimeError) {
  let bundle = try Bundle(path: options.bundle, configuration: options.configuration)
  var console = try Console(
    for: bundle.plan.process,
    socket: options.consoleSocket,
    isForeground: false
  )
  let made = try makeContainer(
    bundle,
    options,
    startsAtGate: true,
    console: console.inner.take(),
    on: host
  )
  made.release()
}

/// A container whose init waits to be started, locked by this process.
struct CreatedContainer: ~Copyable {
  let directory: ContainerDirectory
  let record: ContainerRecord
  let initProcess: PreparedInit

  /// Lets go of the container's lock, and of all else that was held of it.
  consuming func release() {}
}

/// Makes everything, from the bundle to an init that waits; or leaves nothing behind.
///
/// Init sends the master of its terminal, if it has one, over `console`.
func makeContainer(
  _ bundle: Bundle,
  _ options: CreateOptions,
  startsAtGate: Bool,
  console: consuming OwnedDescriptor?,
  on host: borrowing Host,
) throws(RuntimeError) -> CreatedContainer {
  guard options.notifyAddress == nil || bundle.plan.namespaces.source(of: .mount) != nil else {
    throw .refused("NOTIFY_SOCKET is set, and wants a mount namespace in linux.namespaces")
  }
  try about("signals") { () throws(KernelError) in try Signals.interruptAtEnd() }
  finishDeletions(on: host)
  for warning in bundle.plan.warnings { host.warn("\(warning)") }
  if let notice = bundle.notice { host.warn(notice) }
  host.debug("bundle \(bundle.path): read")
  let place = try CgroupPlace(
    options.cgroupManager,
    isRootless: options.isRootless,
    id: options.id.description,
    cgroupsPath: bundle.plan.cgroup.path,
    on: host
  )
  var record = try ContainerRecord(bundle: bundle, id: options.id, on: host)
  try place.note(in: &record, root: host.root.path)
  let directory = try withState { () throws(StateError) in
    try ContainerDirectory.create(options.id, in: host.root)
  }
  var creation = Creation(
    options: options,
    bundle: bundle,
    startsAtGate: startsAtGate,
    place: place,
    record: record
  )
  do throws(RuntimeError) {
    let prepared = try creation.perform(in: directory, console, on: host)
    return CreatedContainer(
      directory: directory,
      record: creation.record,
      initProcess: prepared
    )
  } catch {
    creation.cleanUp(directory, after: error, on: host)
    throw error
  }
}
