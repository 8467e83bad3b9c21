import Hooks
import Kernel
import RuntimeSpec

/// Maps the ids of a process's new user namespace.
///
/// Who has no privilege may map its own user and group alone; for more there are newuidmap(1) and
/// newgidmap(1), which know what the administrator lets a user have.
///
/// Spec: config-linux.md, "User namespace mappings"; user_namespaces(7), subuid(5).
///
/// - Throws: what the kernel says; EPERM means ids that the caller may not map.
func mapIdentities(
  of pid: Int32,
  _ namespaces: NamespacePlan,
  deniesSetgroups: Bool,
  _ processes: borrowing ProcessFiles,
) throws(LaunchError) {
  // Groups can only be mapped without CAP_SETGID above once setgroups is denied: CVE-2014-8989.
  if deniesSetgroups {
    try about("setgroups") { () throws(KernelError) in
      try processes.write("\(pid)/setgroups", "deny")
    }
  }
  let isPrivileged = Process.effectiveUser == 0
  let maps = [
    IdentityMap(file: "gid_map", helper: "newgidmap", own: Process.effectiveGroup),
    IdentityMap(file: "uid_map", helper: "newuidmap", own: Process.effectiveUser),
  ]
  for (map, mappings) in zip(maps, [namespaces.gidMappings, namespaces.uidMappings]) {
    if isPrivileged || mappings.mapOnly(map.own) {
      try map.write(mappings, of: pid, processes)
    } else {
      try map.runHelper(of: pid, mappings)
    }
  }
}

/// Whether the programs are there that map what the administrator lends.
package var canMapLentIdentities: Bool {
  programPath("newuidmap") != nil && programPath("newgidmap") != nil
}

extension [IDMapping] {
  /// Whether nothing but this one id of the host is mapped.
  package func mapOnly(_ identity: UInt32) -> Bool {
    count == 1 && self[0].size == 1 && self[0].hostID == identity
  }
}

extension [IDMapping] {
  /// As the kernel takes it: user_namespaces(7).
  var text: String { map { "\($0.line)\n" }.joined() }
}

extension IDMapping {
  fileprivate var line: String { "\(containerID) \(hostID) \(size)" }
}

/// One of a process's two tables of ids.
private struct IdentityMap {
  let file: String
  /// The setuid program that writes more into it than its caller may.
  let helper: String
  /// The caller's own id.
  let own: UInt32

  /// In seconds: the helper may have to ask a directory service.
  private static let patience = 30

  func write(
    _ mappings: [IDMapping],
    of pid: Int32,
    _ processes: borrowing ProcessFiles,
  ) throws(LaunchError) {
    let text = mappings.text
    do throws(KernelError) {
      try processes.write("\(pid)/\(file)", text)
    } catch {
      // All of a map is one write of less than a page, so that long numbers leave room for fewer.
      guard error.code == .invalid, text.utf8.count >= 4096 else {
        throw .kernel(error, subject: "/proc/\(pid)/\(file)")
      }
      throw .unmapped(
        "\(file): \(mappings.count) mappings are \(text.utf8.count) bytes of text, and the kernel "
          + "takes less than a page at once: map fewer ranges"
      )
    }
  }

  func runHelper(of pid: Int32, _ mappings: [IDMapping]) throws(LaunchError) {
    guard let path = programPath(helper) else {
      throw .unmapped(
        "\(helper) is not in PATH: install it (Debian: uidmap), or map nothing but your own id"
      )
    }
    let words = ["\(pid)"] + mappings.flatMap { $0.line.split(separator: " ").map(String.init) }
    let ended = try about(path) { () throws(KernelError) in
      try runProgram(
        path,
        arguments: [helper] + words,
        environment: [],
        input: [],
        timeout: Self.patience
      )
    }
    guard ended.status == .exited(0) else {
      let reason = ended.wasKilled ? "took longer than \(Self.patience) s" : ended.output
      throw .unmapped("\(helper): \(reason): /etc/sub\(file.prefix(3)) says what you may map")
    }
  }
}

/// Where PATH has a program; nil where it has none.
private func programPath(_ name: String) -> String? {
  let path = Process.variable("PATH") ?? "/usr/local/bin:/usr/bin:/bin"
  return path.split(separator: ":")
    .map { "\($0)/\(name)" }
    .first { $0.hasPrefix("/") && Process.mayExecute($0) }
}
