import Kernel
import RuntimeSpec

/// A bundle's directory and what its config.json says.
///
/// Spec: bundle.md.
struct Bundle {
  /// Absolute, with symbolic links resolved.
  let path: String
  let plan: ContainerPlan

  /// Reads and judges a bundle.
  init(path given: String) throws(RuntimeError) {
    let path = try about("bundle") { () throws(KernelError) in try canonicalPath(given) }
    let file = "\(path)/config.json"
    let bytes = try about("bundle \(path)") { () throws(KernelError) in
      try open(file, [.readOnly, .nonblocking]).readAll(limit: 16 << 20, subject: "config.json")
    }
    do throws(ConfigurationError) {
      plan = try ContainerPlan(Configuration(parsing: bytes), bundle: path)
    } catch {
      throw .configuration(path: file, error)
    }
    self.path = path
  }
}
