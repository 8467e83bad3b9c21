import Kernel
package import RuntimeSpec

/// What is to be said of a bundle that nobody has run.
package struct BundleJudgement: Sendable {
  /// The path of config.json, as the caller would write it.
  package let file: String
  /// What breaks the specification, or can't be done.
  package var violations: [ConfigurationError]
  /// What is allowed and lets the container do more than it should, and what is ignored.
  package let warnings: [ConfigurationError]

  /// Judges a bundle: its config.json, and that there is a rootfs.
  ///
  /// Spec: bundle.md.
  ///
  /// - Throws: when there is something that can't be read.
  package init(path given: String) throws(RuntimeError) {
    file = given.hasSuffix("/") ? "\(given)config.json" : "\(given)/config.json"
    let path = try about("bundle") { () throws(KernelError) in try canonicalPath(given) }
    let bytes: [UInt8]
    do throws(KernelError) {
      bytes = try open("\(path)/config.json", [.readOnly, .nonblocking])
        .readAll(limit: 16 << 20, subject: file)
    } catch  where error.code == .noEntry {
      violations = [
        ConfigurationError(
          pointer: "",
          rule: "is missing: write one, as swrun spec does",
          clause: "bundle.md, \"Filesystem Bundle\"",
        )
      ]
      warnings = []
      return
    } catch {
      throw .kernel(error, subject: file)
    }
    let judgement = Judgement(of: bytes, bundle: path)
    violations = judgement.violations
    warnings = judgement.warnings
    guard let rootfs = judgement.rootfs, !Self.isDirectory(rootfs.path) else { return }
    violations.append(
      ConfigurationError(
        pointer: "/root/path",
        line: judgement.rootfsLine,
        rule: "must be a directory that is there: \(rootfs.path) is none",
        clause: "config.md, \"Root\"",
      )
    )
  }

  private static func isDirectory(_ path: String) -> Bool {
    do throws(KernelError) {
      return try Process.status(of: path).kind == .directory
    } catch {
      return false
    }
  }
}
