import Cgroups
import Kernel
import Launch
import State

/// Where a tenant is born, and what is open for it.
struct TenantBirthplace: ~Copyable {
  let record: ContainerRecord
  /// A control group below the container's own; nil for that.
  let subgroup: String?
  /// Init of the container.
  let container: OwnedDescriptor
  /// Over which the tenant sends the master of its terminal; nil without one.
  let console: OwnedDescriptor?
  /// Where the listener of the tenant's filter goes; nil for a filter without one.
  let listenerPath: String?

  /// Makes a tenant in the container's control group, or in init's own where that takes none: init
  /// may have been moved into one below, and one with such below it holds no processes.
  func makeTenant(
    _ request: TenantRequest,
    on host: borrowing Host,
  ) throws(RuntimeError) -> PreparedTenant {
    guard record.cgroup != nil else {
      guard subgroup == nil else { throw .refused("--cgroup: the container has no cgroup") }
      return try makeTenant(request, in: nil, on: host)
    }
    guard let group = try containerGroup(on: host) else {
      guard subgroup == nil else { throw .refused("--cgroup: the container's is gone") }
      return try makeTenantInGroupOfInit(request, on: host)
    }
    do throws(RuntimeError) {
      return try makeTenant(request, in: group.raw, on: host)
    } catch {
      guard subgroup == nil, error.isOfControlGroup else { throw error }
      host.debug("tenant: not born in the container's control group but in init's: \(error)")
      return try makeTenantInGroupOfInit(request, on: host)
    }
  }

  private func makeTenant(
    _ request: TenantRequest,
    in group: CInt?,
    on host: borrowing Host,
  ) throws(RuntimeError) -> PreparedTenant {
    let process = try about("tenant") { () throws(KernelError) in try container.duplicate() }
    let copy: OwnedDescriptor?
    switch console {
    case nil: copy = nil
    case let console?:
      copy = try about("console") { () throws(KernelError) in try console.duplicate() }
    }
    let listener = try connectToListener(at: listenerPath)
    let made: PreparedTenant
    do throws(LaunchError) {
      made = try Launch.makeTenant(
        request,
        cgroup: group,
        descriptors: TenantDescriptors(container: process, console: copy, listener: listener),
        processes: host.processes,
        trace: host.trace
      )
    } catch {
      throw .launch(error)
    }
    do throws(RuntimeError) {
      // Before it makes the program, which inherits the place.
      try addToResctrlGroup(made.pid, record)
    } catch {
      made.kill()
      throw error
    }
    return made
  }

  /// The container's group, or the one below that is asked for; nil when the container's is gone.
  private func containerGroup(on host: borrowing Host) throws(RuntimeError) -> OwnedDescriptor? {
    do throws(RuntimeError) {
      let number = try withControlGroup(of: record, on: host) { (group, _) throws(CgroupError) in
        try group.opened(below: subgroup).release()
      }
      return number.map { OwnedDescriptor(adopting: $0) }
    } catch {
      guard let subgroup else { throw error }
      throw .refused("--cgroup \(subgroup): \(error)")
    }
  }

  private func makeTenantInGroupOfInit(
    _ request: TenantRequest,
    on host: borrowing Host,
  ) throws(RuntimeError) -> PreparedTenant {
    let pid = record.initProcess?.pid ?? 0
    let group = try withCgroups { () throws(CgroupError) in
      try ControlGroup.opened(of: pid, in: try CgroupHierarchy(host.processes), host.processes)
    }
    return try makeTenant(request, in: group.raw, on: host)
  }
}

extension RuntimeError {
  /// Whether the kernel won't have a process born in a control group.
  ///
  /// See: CLONE_INTO_CGROUP in clone(2): EBUSY, EOPNOTSUPP for threaded ones; ENODEV for a dead one.
  fileprivate var isOfControlGroup: Bool {
    guard case .launch(.kernel(let error, _)) = self, error.call == "clone3" else { return false }
    return [.busy, .notSupported, .noDevice].contains(error.code)
  }
}
