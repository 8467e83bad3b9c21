import Kernel
import RuntimeSpec

/// Writes the id mappings of a process in a new user namespace.
///
/// Spec: config-linux.md, "User namespace mappings"; user_namespaces(7).
///
/// - Throws: what the kernel says; EPERM means ids that the caller may not map.
func writeIdentityMappings(
  of pid: Int32,
  _ namespaces: NamespacePlan,
  deniesSetgroups: Bool,
  _ processes: borrowing ProcessFiles,
) throws(KernelError) {
  // Groups can only be mapped without CAP_SETGID above once setgroups is denied: CVE-2014-8989.
  if deniesSetgroups { try processes.write("\(pid)/setgroups", "deny") }
  try processes.write("\(pid)/gid_map", text(of: namespaces.gidMappings))
  try processes.write("\(pid)/uid_map", text(of: namespaces.uidMappings))
}

private func text(of mappings: [IDMapping]) -> String {
  mappings.map { "\($0.containerID) \($0.hostID) \($0.size)\n" }.joined()
}
