import Cgroups
import DBus
import Kernel
import RuntimeSpec
import State
import Systemd

/// Where a container's control group is to be, and who makes it: decided before anything is made.
enum CgroupPlace {
  /// A directory that the runtime makes.
  case directory(CgroupLocation)
  /// A unit of the systemd that is on a bus.
  case unit(Unit, BusAddress)
  /// The creator's own control group, as it is.
  case creators

  /// Decides by the manager that the caller chose, and by `linux.cgroupsPath`.
  ///
  /// - Throws: for a path that does not fit the manager, saying which form it wants.
  init(
    _ manager: CgroupManager,
    isRootless: Bool?,
    id: String,
    cgroupsPath: String?,
    on host: borrowing Host,
  ) throws(RuntimeError) {
    switch manager {
    case .directory:
      // A path in systemd's form is a directory of that name: dockerd with systemd for a manager gives
      // its BuildKit such ones and no --systemd-cgroup.
      self = .directory(
        try withCgroups { () throws(CgroupError) in
          try CgroupLocation(cgroupsPath: cgroupsPath, id: id, host.processes)
        }
      )
    case .systemd:
      let user = try busOwner(isRootless, host.processes)
      self = try withSystemd { () throws(SystemdError) in
        let unit = try Unit(cgroupsPath: cgroupsPath, id: id, isOfUser: user != nil)
        do throws(BusError) {
          guard let user else { return .unit(unit, try BusAddress.system()) }
          return .unit(unit, try BusAddress.user(user))
        } catch {
          throw .bus(error)
        }
      }
    case .disabled: self = .creators
    }
  }

  /// What a record says of the place before anything is made.
  func note(in record: inout ContainerRecord, root: String) throws(RuntimeError) {
    switch self {
    case .directory(let location):
      record.cgroupManager = .directory
      record.cgroup = location.path
    case .unit(let unit, let address):
      record.cgroupManager = .systemd
      let own = "swrun container \(record.id) of \(root)"
      let annotations = record.annotations
      let description = try withSystemd { () throws(SystemdError) in
        try unitDescription(own, annotations)
      }
      record.unit = RecordedUnit(
        name: unit.name,
        description: description,
        bus: address.description
      )
    case .creators: record.cgroupManager = .disabled
    }
  }
}

/// The user whose service manager is to be asked; nil for the system's.
///
/// Whoever is root only in a user namespace is to systemd the user who made that.
private func busOwner(
  _ isRootless: Bool?,
  _ processes: borrowing ProcessFiles,
) throws(RuntimeError) -> UInt32? {
  let user = Process.effectiveUser
  if isRootless == false { return nil }
  let map = try about("user namespace") { () throws(KernelError) in
    try processes.read("self/uid_map")
  }
  let lines = String(decoding: map, as: UTF8.self).split(separator: "\n").map { line in
    line.split(separator: " ").map { UInt32($0) ?? 0 }
  }
  let isInitial = lines == [[0, 0, .max]]
  guard isRootless == true || user != 0 || !isInitial else { return nil }
  let outside = lines.first { line in
    line.count == 3 && line[0] <= user && user - line[0] < line[2]
  }
  return outside.map { $0[1] + (user - $0[0]) } ?? user
}
