import Cgroups
import Kernel
package import State

/// The processes of a container, those that were added to it too, as this pid namespace knows them.
///
/// Of a container without a cgroup only its init is known.
package func processes(
  of id: ContainerID,
  on host: borrowing Host,
) throws(RuntimeError) -> [Int32] {
  let seen = try observe(id, on: host)
  let listed = try withControlGroup(of: seen.record, on: host) { (group, _) throws(CgroupError) in
    try group.processes()
  }
  if let listed { return listed.sorted() }
  return seen.isAlive ? seen.record.initProcess.map { [$0.pid] } ?? [] : []
}

/// Runs ps(1) with options, and keeps of its table the head and the lines of some processes.
///
/// - Throws: what ps says when it fails; a refusal when it is not there, or shows no `PID` column.
package func processTable(
  of processes: [Int32],
  options: [String],
) throws(RuntimeError) -> String {
  let output = try runTool("ps", options.isEmpty ? ["-ef"] : options)
  guard let table = lines(of: processes, inTable: output) else {
    throw .refused(
      "ps \(options.joined(separator: " ")): its table has no column PID, by which the container's "
        + "processes are found: choose other options"
    )
  }
  return table
}

/// The head of a table of processes and the lines of some of them; nil where no column is `PID`.
func lines(of processes: [Int32], inTable text: String) -> String? {
  let lines = text.split(separator: "\n")
  guard let head = lines.first,
    let column = head.split(separator: " ").firstIndex(of: "PID")
  else { return nil }
  let wanted = Set(processes)
  let kept = lines.dropFirst().filter { line in
    let fields = line.split(separator: " ", omittingEmptySubsequences: true)
    guard fields.indices.contains(column), let pid = Int32(fields[column]) else { return false }
    return wanted.contains(pid)
  }
  return ([head] + kept).map { "\($0)\n" }.joined()
}
