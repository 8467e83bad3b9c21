import Kernel

/// Why a controller can't be had at a place of the hierarchy.
///
/// Only asked once something has failed: it reads several files.
struct ControllerDiagnosis: Equatable {
  /// What the root of the hierarchy offers.
  var offered: [String]
  /// The text of /proc/cgroups.
  var kernelTable: String
  /// Mounts of both versions.
  var mounts: [MountLine]
  /// Whether the place has threads, and no controller of whole processes such as memory.
  var isThreaded = false

  /// The reason, and what there is to do about it.
  func reason(for controller: String, at path: String) -> String {
    if offered.contains(controller) && isThreaded {
      return "the cgroup \(path) is threaded, or below one that is: choose a path below another one"
    }
    if offered.contains(controller) {
      return "it is not delegated to the cgroup \(path): enable it in cgroup.subtree_control above"
    }
    // The two versions have different names for this one.
    let oldName = controller == "io" ? "blkio" : controller
    let row = kernelTable.split(separator: "\n").map { $0.split(separator: "\t") }
      .first { $0.count == 4 && $0[0] == oldName }
    guard let row else { return "this kernel is built without it" }
    if row[3] == "0" { return "it was disabled at boot (cgroup_disable=)" }
    guard row[1] != "0" else { return "this cgroup2 hierarchy does not offer it" }
    let mount = mounts.first { $0.type == "cgroup" && $0.options.contains(oldName[...]) }
    let place = mount.map { " at \($0.path)" } ?? ""
    return "it is bound to the cgroup v1 hierarchy\(place): boot with cgroup_no_v1=\(oldName)"
  }
}

extension ControllerDiagnosis {
  init(
    of hierarchy: borrowing CgroupHierarchy,
    at path: String,
    _ processes: borrowing ProcessFiles,
  ) throws(CgroupError) {
    do throws(KernelError) {
      let list = try open(at: hierarchy.root, "cgroup.controllers", [.readOnly], [.beneath])
        .readAll(limit: 4096)
      offered = controllerNames(in: list)
      kernelTable = String(decoding: try processes.read("cgroups"), as: UTF8.self)
      if path != "/" {
        let place = try openGroup(String(path.dropFirst()), in: hierarchy.root)
        isThreaded = controllerNames(in: try read("cgroup.type", of: place)).first != "domain"
      }
    } catch {
      throw .kernel(error)
    }
    mounts = try Cgroups.mounts(processes)
  }
}

/// The words of a file such as cgroup.controllers.
func controllerNames(in text: [UInt8]) -> [String] {
  String(decoding: text, as: UTF8.self).split(whereSeparator: \.isWhitespace).map(String.init)
}
