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
  try observe(id, on: host).document
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

/// The names of the containers that an extended regular expression matches anywhere, sorted.
///
/// See: regex(7).
package func containers(
  matching pattern: String,
  on host: borrowing Host,
) throws(RuntimeError) -> [ContainerID] {
  guard let expression = RegularExpression(pattern) else {
    throw .refused("\"\(pattern)\" is no extended regular expression: see regex(7)")
  }
  var list: [ContainerID] = []
  for id in try withState({ () throws(StateError) in try host.root.containers() })
  where expression.matches(id.description) {
    list.append(id)
  }
  return list
}
