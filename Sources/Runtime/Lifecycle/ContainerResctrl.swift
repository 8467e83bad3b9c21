import Cgroups
import RuntimeSpec
import State

/// Makes a container's place in resctrl, after the record names it.
func makeResctrlGroup(
  for plan: ContainerPlan,
  _ record: inout ContainerRecord,
  write: (ContainerRecord) throws(RuntimeError) -> Void,
) throws(RuntimeError) {
  guard let section = plan.intelRdt else { return }
  let hierarchy = try withCgroups { () throws(CgroupError) in try ResctrlHierarchy() }
  let group = try withCgroups { () throws(CgroupError) in
    try hierarchy.place(of: section, container: "\(record.id)")
  }
  record.resctrl = group
  try write(record)
  try withCgroups { () throws(CgroupError) in try hierarchy.make(group, section) }
}

/// Puts a process into the place that a container has in resctrl.
func addToResctrlGroup(_ pid: Int32, _ record: ContainerRecord) throws(RuntimeError) {
  guard let group = record.resctrl else { return }
  try withCgroups { () throws(CgroupError) in try ResctrlHierarchy().add(pid, to: group) }
}

/// Removes what was made in resctrl for a container alone.
func removeResctrlGroup(of record: ContainerRecord) throws(RuntimeError) {
  guard let group = record.resctrl, group.isOwn || group.monitor != nil
  else { return }
  do throws(CgroupError) {
    try ResctrlHierarchy().remove(group)
  } catch .noResctrl {
    // It is not mounted any more, and nothing of it is left.
  } catch {
    throw .cgroup(error)
  }
}
