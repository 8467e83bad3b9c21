import Kernel

extension ControlGroup {
  /// Why no process can be born here, or why one that was did not live; nil for no such reason.
  ///
  /// Only asked once something has failed: limits are in force before init is born, so that nothing
  /// it starts ever escapes them, and one that is too low for init itself ends init.
  ///
  /// See: cgroup-v2.rst, "Threads", "memory.events".
  package func hostilityToProcesses() throws(CgroupError) -> String? {
    let type = try content(of: "cgroup.type")
    if let type, ["threaded", "domain invalid"].contains(type) {
      return "the cgroup \(location.path) is \"\(type)\", as one above it is threaded or has "
        + "processes of its own: choose a path below another one"
    }
    let kills = (try content(of: "memory.events") ?? "").split(separator: "\n")
      .first { $0.hasPrefix("oom_kill ") }
    guard let kills, kills != "oom_kill 0" else { return nil }
    return "the memory limit is too low: init itself needs half a MiB before it is the program"
  }

  /// How many processes may be here and how many there are; nil without a limit of its own.
  ///
  /// See: cgroup-v2.rst, "PID".
  package func processLimit() throws(CgroupError) -> (most: Int, present: Int)? {
    guard let most = try content(of: "pids.max").flatMap({ Int($0) }),
      let present = try content(of: "pids.current").flatMap({ Int($0) })
    else { return nil }
    return (most, present)
  }
}
