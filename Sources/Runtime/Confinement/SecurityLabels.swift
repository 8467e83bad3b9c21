package import Kernel

// Both labels are written through a procfs that is known to be one. Whether a module is in force is
// not looked up beforehand: by then the root is the container's, whose /sys may say anything. The
// kernel refuses a label of a module that isn't, so a container is never less confined than it asks
// for.

/// Has AppArmor put the next program that this process executes under a profile.
///
/// Spec: config.md, "Linux Process", apparmorProfile.
///
/// - Throws: ENOENT for a profile that isn't loaded, EOPNOTSUPP where AppArmor is not in force.
package func setAppArmorProfile(
  _ profile: String,
  _ processes: borrowing ProcessFiles,
) throws(KernelError) {
  let file: OwnedDescriptor
  do throws(KernelError) {
    // Since Linux 5.8; the file of the same name above belongs to whichever module comes first.
    file = try processes.open("self/attr/apparmor/exec", [.writeOnly])
  } catch  where error.code == .noEntry {
    throw disabled("AppArmor")
  }
  do throws(KernelError) {
    try file.writeOnce("exec \(profile)", subject: "AppArmor profile \(profile)")
  } catch  where error.code == .invalid {
    throw disabled("AppArmor")
  }
}

/// Has SELinux put the next program that this process executes in a context.
///
/// Spec: config.md, "Linux Process", selinuxLabel.
///
/// - Throws: EINVAL for a context that the policy doesn't have, and where SELinux is not in force.
package func setSELinuxLabel(
  _ label: String,
  _ processes: borrowing ProcessFiles,
) throws(KernelError) {
  try setSELinux("exec", label, processes)
}

/// Has SELinux give the keyrings that this process makes from now on a context, until it executes a
/// program: a policy lets a container's processes use keys of their own context alone.
///
/// See: proc_pid_attr(5), keycreate.
///
/// - Throws: EINVAL for a context that the policy doesn't have, and where SELinux is not in force.
package func setSELinuxKeyLabel(
  _ label: String,
  _ processes: borrowing ProcessFiles,
) throws(KernelError) {
  try setSELinux("keycreate", label, processes)
}

private func setSELinux(
  _ attribute: String,
  _ label: String,
  _ processes: borrowing ProcessFiles,
) throws(KernelError) {
  let file = try processes.open("self/attr/\(attribute)", [.writeOnly])
  try file.writeOnce(label, subject: "SELinux label \(label) (is SELinux enabled?)")
}

private func disabled(_ module: String) -> KernelError {
  KernelError(call: "write", code: .notSupported, subject: "\(module) is not enabled here")
}
