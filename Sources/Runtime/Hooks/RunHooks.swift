import Kernel
package import RuntimeSpec

/// Runs the hooks of one point in their order, each with the container's state on its standard
/// input; the first that fails ends it.
///
/// `environment` is that of a hook without `env`: the caller's, as hooks of the host need its PATH.
///
/// Spec: config.md, "POSIX-platform Hooks"; runtime.md, "Lifecycle".
package func runHooks(
  _ hooks: [Hook],
  point: String,
  state: [UInt8],
  environment: [String] = Process.environment,
) throws(HookError) {
  for (index, hook) in hooks.enumerated() {
    try runHook(hook, HookName(point: point, index: index), state: state, environment: environment)
  }
}

/// Runs one hook, with the container's state on its standard input.
package func runHook(
  _ hook: Hook,
  _ name: HookName,
  state: [UInt8],
  environment: [String] = Process.environment,
) throws(HookError) {
  let ended: EndedProgram
  do throws(KernelError) {
    ended = try runProgram(
      hook.path,
      arguments: hook.args ?? [hook.path],
      environment: hook.env ?? environment,
      input: state,
      timeout: hook.timeout
    )
  } catch {
    throw .kernel(name, path: hook.path, error)
  }
  guard !ended.wasKilled else {
    throw .timedOut(name, path: hook.path, seconds: hook.timeout ?? 0)
  }
  guard ended.status == .exited(0) else {
    throw .failed(name, path: hook.path, ended.status, output: ended.output)
  }
}
