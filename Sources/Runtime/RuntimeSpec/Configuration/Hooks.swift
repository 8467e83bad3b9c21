extension Configuration {
  /// The six lists of programs to run as the container comes and goes.
  ///
  /// Spec: config.md, "POSIX-platform Hooks".
  package struct Hooks: Equatable, Sendable {
    package var prestart: [Hook]?
    package var createRuntime: [Hook]?
    package var createContainer: [Hook]?
    package var startContainer: [Hook]?
    package var poststart: [Hook]?
    package var poststop: [Hook]?
  }
}

/// One program to run at a point of the container's life.
///
/// Spec: config.md, "POSIX-platform Hooks".
package struct Hook: Equatable, Sendable {
  /// An absolute path; in the container's file system for startContainer, else the runtime's.
  package var path: String
  /// Every argument, argv[0] included; nil stands for the path alone.
  package var args: [String]?
  /// The whole environment as KEY=value; nil stands for the runtime's own, as in runc.
  package var env: [String]?
  /// Seconds until the hook is killed, above zero; nil waits for ever.
  package var timeout: Int?

  package init(path: String, args: [String]?, env: [String]?, timeout: Int?) {
    self.path = path
    self.args = args
    self.env = env
    self.timeout = timeout
  }
}

extension Configuration.Hooks {
  init(_ section: Section) throws(ConfigurationError) {
    prestart = try section.sections("prestart", section.clause, each: Hook.init)
    createRuntime = try section.sections("createRuntime", section.clause, each: Hook.init)
    createContainer = try section.sections("createContainer", section.clause, each: Hook.init)
    startContainer = try section.sections("startContainer", section.clause, each: Hook.init)
    poststart = try section.sections("poststart", section.clause, each: Hook.init)
    poststop = try section.sections("poststop", section.clause, each: Hook.init)
  }
}

extension Hook {
  init(_ section: Section) throws(ConfigurationError) {
    path = try section.required("path", section.string("path"))
    args = try section.strings("args")
    env = try section.strings("env")
    timeout = try section.integer("timeout", in: 1...Int(Int32.max))
  }
}
