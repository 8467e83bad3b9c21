package import JSON
import Kernel
package import State

/// The state of one container.
///
/// Spec: runtime.md, "Query State".
package func state(
  of id: ContainerID,
  on host: borrowing Host,
) throws(RuntimeError) -> JSONValue {
  let directory = try withState { () throws(StateError) in
    try ContainerDirectory.existing(id, in: host.root)
  }
  guard let seen = try observe(directory, on: host) else {
    throw .state(.doesNotExist(id))
  }
  return seen.document
}

/// The states of all containers, sorted by id.
///
/// One that another command is deleting right now is left out; one whose state can't be read is a
/// warning.
package func states(on host: borrowing Host) throws(RuntimeError) -> [JSONValue] {
  var list: [JSONValue] = []
  for id in try withState({ () throws(StateError) in try host.root.containers() }) {
    do throws(RuntimeError) {
      list.append(try state(of: id, on: host))
    } catch .state(.doesNotExist) {
      continue
    } catch {
      // One that can't be read must not hide the others.
      host.warn("container \(id) is not listed: \(error)")
    }
  }
  return list
}

extension Observation {
  var document: JSONValue {
    record.stateDocument(status, pid: record.initProcess?.pid ?? 0)
  }
}
