import Criu
import Hooks
import JSON
import Kernel
import Rootfs
import RuntimeSpec
package import State

/// What the caller of restore asks for.
package struct RestoreOptions: Sendable {
  package var checkpoint: CheckpointOptions
  package var bundle: String
  package var pidFile: String?
  package var consoleSocket: String?
  package var run: RunOptions
  package var cgroupManager: CgroupManager
  /// Whether the user's systemd is meant; nil leaves it to who the caller is.
  package var isRootless: Bool?

  package init(
    checkpoint: CheckpointOptions,
    bundle: String,
    pidFile: String?,
    consoleSocket: String?,
    run: RunOptions,
    cgroupManager: CgroupManager,
    isRootless: Bool?,
  ) {
    self.checkpoint = checkpoint
    self.bundle = bundle
    self.pidFile = pidFile
    self.consoleSocket = consoleSocket
    self.run = run
    self.cgroupManager = cgroupManager
    self.isRootless = isRootless
  }
}

/// Makes a container out of a checkpoint; in the foreground also waits for its end and deletes it.
///
/// - Returns: the status to exit with, as for `run`.
package func restore(
  _ options: RestoreOptions,
  on host: borrowing Host,
) throws(RuntimeError) -> Int32 {
  let bundle = try Bundle(path: options.bundle)
  for warning in bundle.plan.warnings { host.warn("\(warning)") }
  try options.check(bundle.plan)
  let place = try CgroupPlace(
    options.cgroupManager,
    isRootless: options.isRootless,
    id: options.checkpoint.id.description,
    cgroupsPath: bundle.plan.cgroup.path,
    on: host
  )
  if !options.run.isDetached, options.run.isSubreaper {
    try about("restore") { () throws(KernelError) in try Process.setSubreaper(true) }
  }
  let record = try restored(options, bundle, place, on: host)
  guard !options.run.isDetached, let first = record.initProcess else { return 0 }
  var foreground = try Foreground(nil, on: host)
  let status = try foreground.wait(for: first.pid)
  if !options.run.keepsState { deleteEnded(record, on: host) }
  return status.code
}

/// Restores everything, or leaves nothing behind.
private func restored(
  _ options: RestoreOptions,
  _ bundle: Bundle,
  _ place: CgroupPlace,
  on host: borrowing Host,
) throws(RuntimeError) -> ContainerRecord {
  var record = try ContainerRecord(bundle: bundle, id: options.checkpoint.id, on: host)
  if let context = options.checkpoint.settings.lsmMountContext { record.mountLabel = context }
  try place.note(in: &record, root: host.root.path)
  finishDeletions(on: host)
  let directory = try withState { () throws(StateError) in
    try ContainerDirectory.create(options.checkpoint.id, in: host.root)
  }
  var restoration = Restoration(
    options: options,
    bundle: bundle,
    place: place,
    record: record
  )
  do throws(RuntimeError) {
    try restoration.perform(in: directory, on: host)
  } catch {
    restoration.cleanUp(directory, on: host)
    throw error
  }
  return restoration.record
}

extension RestoreOptions {
  fileprivate func check(_ plan: ContainerPlan) throws(RuntimeError) {
    if case .join = plan.namespaces.source(of: .mount) {
      throw .refused("criu can't restore a container into a mount namespace that exists")
    }
    guard plan.rootfs.isAttached else {
      throw .refused("criu can't restore a container without a mount namespace of its own")
    }
    if let section = plan.sectionThatNoRestoreHas {
      throw .refused("criu does not restore \(section): remove it, or make the container anew")
    }
    guard consoleSocket == nil || plan.process.hasTerminal else {
      throw .refused("--console-socket is given, but process.terminal is not true")
    }
    guard consoleSocket != nil || !plan.process.hasTerminal || checkpoint.settings.isShellJob else {
      throw .refused(
        "process.terminal is true, and there is no --console-socket to send the terminal to"
      )
    }
  }
}

extension ContainerPlan {
  /// What a restored container would silently go without.
  fileprivate var sectionThatNoRestoreHas: String? {
    if process.landlock != nil { return "/annotations/\(LandlockPlan.annotation)" }
    if process.hasOwnCores { return "/annotations/\(CoreScheduling.annotation)" }
    if process.memoryPolicy != nil { return "/linux/memoryPolicy" }
    if intelRdt != nil { return "/linux/intelRdt" }
    if !networkDevices.isEmpty { return "/linux/netDevices" }
    if seccomp?.hasListener == true { return "/linux/seccomp/listenerPath" }
    return mounts.contains { $0.identities != nil } ? "mounts with idmap" : nil
  }
}
