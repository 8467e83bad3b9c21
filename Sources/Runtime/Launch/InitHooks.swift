import Hooks
import JSON
import Kernel
import RuntimeSpec
import State

/// The steps in which hooks run, and those in which init waits for the creator.
extension Init {
  mutating func awaitRuntimeHooks() throws(InitFailure) {
    guard plan.hooks.hasRuntimeHooks else { return }
    try awaitAdoption(.awaitRuntimeHooks)
    try send(.mounted, .awaitRuntimeHooks)
    try expect(.hooksDone, .awaitRuntimeHooks)
  }

  mutating func runCreateContainerHooks() throws(InitFailure) {
    guard !plan.hooks.createContainer.isEmpty else { return }
    // Hooks may take for ever: whoever deletes the container must know by then whom to end.
    try awaitAdoption(.runCreateContainerHooks)
    Process.setFileModeMask(callersFileModeMask)
    defer { Process.setFileModeMask(0) }
    try run(plan.hooks.createContainer, "createContainer", .runCreateContainerHooks)
  }

  mutating func reportPrepared() throws(InitFailure) {
    try awaitAdoption(.report)
    try send(.prepared, .report)
    isReported = true
  }

  mutating func awaitStart() throws(InitFailure) {
    guard !plan.hooks.startContainer.isEmpty else { return }
    do throws(KernelError) {
      let byte: [UInt8]
      switch gate {
      case nil: byte = try channel.receive()
      case let gate?:
        // Not any later: who starts it learns from the file that init was killed.
        try gate.failure.writeAll(InitMessage.startHooksAhead.frame)
        byte = try gate.start.read(upTo: 1)
      }
      guard !byte.isEmpty else { Process.end(1) }
    } catch {
      throw InitFailure(step: .awaitStart, error)
    }
    isStarted = true
  }

  func runStartContainerHooks() throws(InitFailure) {
    guard !plan.hooks.startContainer.isEmpty else { return }
    try run(plan.hooks.startContainer, "startContainer", .runStartContainerHooks)
    let frame = InitMessage.startHooksDone.frame
    try kernel(.runStartContainerHooks) { () throws(KernelError) in
      switch gate {
      case nil: try channel.send(frame)
      case let gate?: try gate.failure.writeAll(frame)
      }
    }
  }

  private func run(
    _ hooks: [Hook],
    _ point: String,
    _ step: InitStep,
  ) throws(InitFailure) {
    guard !hooks.isEmpty else { return }
    let status = request.record.stateDocument(
      step == .runStartContainerHooks ? .created : .creating,
      pid: Process.ownID
    )
    // A hook of the image is told nothing of the host.
    let environment =
      step == .runStartContainerHooks ? preparation.environment : Process.environment
    do throws(HookError) {
      try runHooks(hooks, point: point, state: status.text(.compact), environment: environment)
    } catch {
      throw InitFailure(step: step, refusal: "\(error)")
    }
  }
}

extension HookPlan {
  /// Whether the creator has hooks to run between mounts and the change of root.
  var hasRuntimeHooks: Bool { !prestart.isEmpty || !createRuntime.isEmpty }
}
