import CKernel
import Glibc

/// A set of paths and ports that is all that this process, and all that come of it, may reach.
///
/// See: landlock(7).
package struct LandlockRuleset: ~Copyable {
  private let descriptor: OwnedDescriptor

  /// The version of the interface, from 1.
  ///
  /// - Throws: EOPNOTSUPP and ENOSYS where the kernel has none.
  package static func version() throws(KernelError) -> Int {
    Int(try check("landlock_create_ruleset") { ckernel_landlock_version() })
  }

  /// Makes a set that has no path and no port yet: what it handles is denied.
  package init(handling files: UInt64, ports: UInt64) throws(KernelError) {
    descriptor = OwnedDescriptor(
      adopting: try check("landlock_create_ruleset") { ckernel_landlock_create(files, ports) }
    )
  }

  /// Allows something with an open file, or all that is below an open directory.
  package func allow(
    _ access: UInt64,
    at path: borrowing OwnedDescriptor,
    subject: String,
  ) throws(KernelError) {
    let (number, place) = (descriptor.raw, path.raw)
    try check("landlock_add_rule", subject) { ckernel_landlock_add_path(number, access, place) }
  }

  /// Allows something with a TCP port.
  package func allow(_ access: UInt64, port: UInt16) throws(KernelError) {
    let number = descriptor.raw
    try check("landlock_add_rule", "port \(port)") {
      ckernel_landlock_add_port(number, access, UInt64(port))
    }
  }

  /// Restricts this process for good; needs no_new_privs or CAP_SYS_ADMIN.
  package func restrictSelf() throws(KernelError) {
    let number = descriptor.raw
    try check("landlock_restrict_self") { ckernel_landlock_restrict(number) }
  }
}
