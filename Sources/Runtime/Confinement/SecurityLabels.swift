package import Kernel

/// Has AppArmor put the next program that this process executes under a profile.
///
/// Spec: config.md, "Linux Process", apparmorProfile.
///
/// - Throws: ENOENT for a profile that isn't loaded; EOPNOTSUPP when AppArmor is not in force, as a
///   container must not be less confined than it asks for.
package func setAppArmorProfile(
  _ profile: String,
  _ processes: borrowing ProcessFiles,
) throws(KernelError) {
  try requireModule("AppArmor", switchedBy: "/sys/module/apparmor/parameters/enabled")
  let file = try openAppArmorFile(processes)
  try file.writeOnce("exec \(profile)", subject: "AppArmor profile \(profile)")
}

/// Since Linux 5.8 AppArmor has files of its own: those beside them belong to whichever security
/// module comes first.
private func openAppArmorFile(
  _ processes: borrowing ProcessFiles,
) throws(KernelError) -> OwnedDescriptor {
  do throws(KernelError) {
    return try processes.open("self/attr/apparmor/exec", [.writeOnly])
  } catch  where error.code == .noEntry {
    return try processes.open("self/attr/exec", [.writeOnly])
  }
}

/// Has SELinux put the next program that this process executes in a context.
///
/// Spec: config.md, "Linux Process", selinuxLabel.
///
/// - Throws: EINVAL for a context that the policy doesn't have; EOPNOTSUPP when SELinux is not in
///   force.
package func setSELinuxLabel(
  _ label: String,
  _ processes: borrowing ProcessFiles,
) throws(KernelError) {
  try requireModule("SELinux", switchedBy: "/sys/fs/selinux/enforce")
  let file = try processes.open("self/attr/exec", [.writeOnly])
  try file.writeOnce(label, subject: "SELinux label \(label)")
}

private func requireModule(_ name: String, switchedBy file: String) throws(KernelError) {
  do throws(KernelError) {
    _ = try Process.status(of: file)
  } catch {
    throw KernelError(call: "write", code: .notSupported, subject: "\(name) is not enabled here")
  }
}
