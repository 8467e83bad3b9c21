import Kernel
import RuntimeSpec

/// A bundle's directory and what its config.json says.
///
/// Spec: bundle.md.
struct Bundle {
  /// Absolute, with symbolic links resolved.
  let path: String
  /// What is in force in place of the bundle's config.json, an absolute path; nil for that.
  let configuration: String?
  let plan: ContainerPlan
  /// What the caller has to know of the plan beside its warnings; nil for nothing.
  let notice: String?

  /// Reads and judges a bundle, with another file than its config.json if one is given.
  init(path given: String, configuration other: String? = nil) throws(RuntimeError) {
    let path = try about("bundle") { () throws(KernelError) in try canonicalPath(given) }
    configuration = try about("configuration") { () throws(KernelError) in
      switch other {
      case nil: nil
      case let file?: try canonicalPath(file)
      }
    }
    let file = configuration ?? "\(path)/config.json"
    let bytes = try about("bundle \(path)") { () throws(KernelError) in
      try open(file, [.readOnly, .nonblocking]).readAll(limit: 16 << 20, subject: "config.json")
    }
    var configuration = try Self.judge(file) { () throws(ConfigurationError) in
      try Configuration(parsing: bytes)
    }
    notice = try about("id mappings") { () throws(KernelError) in
      try mapOwnIdentities(in: &configuration)
    }
    plan = try Self.judge(file) { () throws(ConfigurationError) in
      try ContainerPlan(configuration, bundle: path)
    }
    self.path = path
  }

  private static func judge<Value>(
    _ file: String,
    _ body: () throws(ConfigurationError) -> Value,
  ) throws(RuntimeError) -> Value {
    do throws(ConfigurationError) {
      return try body()
    } catch {
      throw .configuration(path: file, error)
    }
  }
}
