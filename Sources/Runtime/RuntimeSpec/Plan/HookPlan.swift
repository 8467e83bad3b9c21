/// The six lists of hooks, in order.
///
/// Spec: config.md, "POSIX-platform Hooks".
package struct HookPlan: Equatable, Sendable {
  /// The names of the lists, in the order of a container's life.
  package static let names = [
    "prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop",
  ]

  package var prestart: [Hook]
  package var createRuntime: [Hook]
  package var createContainer: [Hook]
  package var startContainer: [Hook]
  package var poststart: [Hook]
  package var poststop: [Hook]

  /// No hook.
  package init() {
    prestart = []
    createRuntime = []
    createContainer = []
    startContainer = []
    poststart = []
    poststop = []
  }
}

extension HookPlan {
  init(_ hooks: Configuration.Hooks?) throws(ConfigurationError) {
    prestart = try Self.checked(hooks?.prestart, "prestart")
    createRuntime = try Self.checked(hooks?.createRuntime, "createRuntime")
    createContainer = try Self.checked(hooks?.createContainer, "createContainer")
    startContainer = try Self.checked(hooks?.startContainer, "startContainer")
    poststart = try Self.checked(hooks?.poststart, "poststart")
    poststop = try Self.checked(hooks?.poststop, "poststop")
  }

  private static func checked(
    _ hooks: [Hook]?,
    _ list: String,
  ) throws(ConfigurationError) -> [Hook] {
    for (index, hook) in (hooks ?? []).enumerated() where !hook.path.isAbsolutePath {
      throw ConfigurationError(
        pointer: "/hooks/\(list)/\(index)/path",
        rule: "must be an absolute path, is \(quoted(hook.path))",
        clause: "config.md, \"POSIX-platform Hooks\"",
      )
    }
    return hooks ?? []
  }
}
