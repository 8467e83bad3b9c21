import Cgroups
package import Criu
import Kernel
import RuntimeSpec
package import State

/// What the caller of checkpoint or restore asks CRIU for.
package struct CheckpointOptions: Sendable {
  package var id: ContainerID
  /// Where CRIU's images go.
  package var imagePath: String
  /// Where CRIU's log and what it works with go; nil for the directory of the images.
  package var workPath: String?
  /// The path of CRIU itself; nil to look for it.
  package var program: String?
  /// Whether only the memory is dumped, and the container goes on.
  package var isPreDump: Bool
  package var settings: CriuRequest.Settings

  package init(
    id: ContainerID,
    imagePath: String,
    workPath: String?,
    program: String?,
    isPreDump: Bool,
    settings: CriuRequest.Settings,
  ) {
    self.id = id
    self.imagePath = imagePath
    self.workPath = workPath
    self.program = program
    self.isPreDump = isPreDump
    self.settings = settings
  }
}

/// Saves the state of a running container's processes through CRIU.
///
/// Unless it shall go on running the container is deleted after that, as runc does it: what is left
/// of it is the image.
package func checkpoint(
  _ options: CheckpointOptions,
  on host: borrowing Host,
) throws(RuntimeError) {
  let directory = try lockedContainer(options.id, on: host)
  guard let seen = try observe(directory, on: host) else {
    throw .state(.doesNotExist(options.id))
  }
  guard seen.status == .running || seen.status == .paused,
    let process = seen.record.initProcess
  else {
    throw .wrongStatus(
      "cannot checkpoint container \(options.id) that is not running: \(seen.status.rawValue)"
    )
  }
  let bundle = try Bundle(path: seen.record.bundle, configuration: seen.record.configuration)
  let plan = bundle.plan
  guard plan.rootfs.isAttached else {
    throw .refused("criu can't save a container without a mount namespace of its own")
  }
  let places = try ImagePlaces(options, isNew: true, log: "dump.log")
  var request = CriuRequest(
    options.isPreDump ? .preDump(pid: process.pid) : .checkpoint(pid: process.pid),
    imagesDirectory: places.images.raw,
    workDirectory: places.work.raw,
    logFile: "dump.log",
    settings: options.settings
  )
  try request.describe(seen.record, plan, directory, pid: process.pid, on: host)
  if !options.isPreDump {
    try request.saveStreams(of: process.pid, to: places.images, on: host)
  }
  let program = try findCriu(options.program)
  let service = try withCriu { () throws(CriuError) in
    try CriuService.start(
      program,
      cgroup: nil,
      inherited: places.numbers + (options.settings.statusDescriptor.map { [$0] } ?? [])
    ) { () throws(CriuError) in }
  }
  defer { service.end() }
  host.debug("criu: at work as process \(service.pid)")
  _ = try serve(request, service, log: "\(places.workPath)/dump.log") { (script, _, _) in
    host.debug("criu: \(script)")
  }
  guard !options.isPreDump, !options.settings.leavesRunning else { return }
  try deleteLocked(directory, seen.record, force: true, on: host)
}

/// Has CRIU serve a request; what keeps a notification from being answered comes before what CRIU
/// says of it.
func serve(
  _ request: CriuRequest,
  _ service: borrowing CriuService,
  log: String,
  notified: (String, Int32?, consuming OwnedDescriptor?) throws(RuntimeError) -> Void,
) throws(RuntimeError) -> Int32? {
  let result: Result<Int32?, RuntimeError>
  do throws(CriuError) {
    result = try service.serve(request, log: log, notified: notified)
  } catch {
    throw .criu(error)
  }
  return try result.get()
}

extension CriuRequest {
  /// Says what of the container's surroundings CRIU must not dump.
  fileprivate mutating func describe(
    _ record: ContainerRecord,
    _ plan: ContainerPlan,
    _ directory: borrowing ContainerDirectory,
    pid: Int32,
    on host: borrowing Host,
  ) throws(RuntimeError) {
    configurationFile = try criuConfigurationFile(plan)
    let mountPoint = try withCgroups { () throws(CgroupError) in
      try CgroupHierarchy(host.processes).mountPoint
    }
    frozenCgroup = record.cgroup.map { mountPoint + $0 }
    var mounts = ExternalMount.list(
      plan,
      cgroupDirectory: record.hierarchySeen(at: mountPoint),
      added: record.addedMounts
    )
    if try withState({ () throws(StateError) in try directory.hasNotifyDirectory() }) {
      let name = ContainerPlan.notifyDirectory
      mounts.append(ExternalMount(name: name, source: name, isRecursive: false))
    }
    try about("mounts of container \(record.id)") { () throws(KernelError) in
      let table = try RunningMountTable(of: pid, host.processes)
      for mount in mounts { external += try table.dumped(mount) }
      for path in plan.maskedPaths { external += try table.dumped(mask: path) }
    }
    for kind in [NamespaceKind.network, .pid] {
      guard case .join = plan.namespaces.source(of: kind) else { continue }
      let inode = try about("\(kind.rawValue) namespace") { () throws(KernelError) in
        try host.processes.openTarget(of: "\(pid)/ns/\(kind.procName)", [.readOnly]).status().inode
      }
      external.append("\(kind.procName)[\(inode)]:\(kind.externalName)")
    }
  }

  fileprivate mutating func saveStreams(
    of pid: Int32,
    to images: borrowing OwnedDescriptor,
    on host: borrowing Host,
  ) throws(RuntimeError) {
    let streams = try about("standard streams") { () throws(KernelError) in
      let table = try RunningMountTable(of: pid, host.processes)
      let streams = try SavedStreams(of: pid, table, host.processes)
      try streams.write(to: images)
      return streams
    }
    external += streams.external
  }
}

extension NamespaceKind {
  /// What the container's own namespace goes by in an image that does not hold it, as in runc's.
  var externalName: String { "extRoot\(procName.prefix(1).uppercased() + procName.dropFirst())NS" }
}
