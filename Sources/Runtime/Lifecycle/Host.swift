package import Kernel
import Launch
package import State

/// What every verb works with: the state of all containers, and the host's procfs.
package struct Host: ~Copyable {
  package let root: StateRoot
  package let processes: ProcessFiles
  /// Takes what is worth a warning, one line each.
  package let warn: (String) -> Void

  /// Takes what is done, for who looks for an error, one line each.
  package let debug: (String) -> Void

  /// Takes the steps of processes that are being made; nil where nobody wants to know.
  let trace: StageTrace?

  /// Opens both.
  ///
  /// `step` takes the steps of processes that are being made, with the moment by the clock of the day.
  package init(
    root path: String,
    warn: @escaping (String) -> Void,
    debug: @escaping (String) -> Void,
    step: ((String, (seconds: Int, nanoseconds: Int)) -> Void)?,
  ) throws(RuntimeError) {
    let root = try withState { () throws(StateError) in try StateRoot(path: path) }
    let processes = try about("procfs") { () throws(KernelError) in try ProcessFiles() }
    self.root = root
    self.processes = processes
    self.warn = warn
    self.debug = debug
    self.trace = step.map(StageTrace.init(note:))
  }

  /// Whether swrun itself runs in a user namespace, as under rootless podman.
  func isInUserNamespace() throws(RuntimeError) -> Bool {
    try about("procfs") { () throws(KernelError) in try processes.isInUserNamespace() }
  }
}
