import Kernel
import Launch
import RuntimeSpec

/// Maps the ids of a user namespace for which the document maps none, where the caller has no
/// privilege: the caller becomes root, and what /etc/subuid and /etc/subgid lend comes behind.
///
/// See: subuid(5), subgid(5).
///
/// - Returns: what is to be told of it; nil where nothing was to be done.
func mapOwnIdentities(in configuration: inout Configuration) throws(KernelError) -> String? {
  let user = Process.effectiveUser
  guard user != 0, var linux = configuration.linux, linux.wantsMappings else { return nil }
  let name = try userName(of: user)
  let users = try lentRange(of: "/etc/subuid", to: name, user)
  let groups = try lentRange(of: "/etc/subgid", to: name, user)
  linux.uidMappings = [IDMapping(containerID: 0, hostID: user, size: 1)]
  linux.gidMappings = [IDMapping(containerID: 0, hostID: Process.effectiveGroup, size: 1)]
  var notice: String?
  if let users, let groups, canMapLentIdentities {
    linux.uidMappings?.append(users)
    linux.gidMappings?.append(groups)
  } else {
    notice =
      "config.json maps no ids: the container's root is user \(user), and it has no other user: "
      + "/etc/subuid and /etc/subgid lend none, or newuidmap and newgidmap are not in PATH"
  }
  configuration.linux = linux
  return notice
}

extension Configuration.Linux {
  /// Whether there is a new user namespace, and nothing about its ids.
  fileprivate var wantsMappings: Bool {
    let isNew = namespaces?.contains { $0.type == "user" && ($0.path ?? "").isEmpty } ?? false
    return isNew && (uidMappings ?? []).isEmpty && (gidMappings ?? []).isEmpty
  }
}

/// The first range that a file lends to a user, as the ids from 1 on; nil where there is none.
private func lentRange(
  of path: String,
  to name: String?,
  _ user: UInt32,
) throws(KernelError) -> IDMapping? {
  for fields in try fields(of: path) where fields.count == 3 {
    guard fields[0] == "\(user)" || fields[0] == name, let start = UInt32(fields[1]),
      let count = UInt32(fields[2]), count > 0
    else { continue }
    return IDMapping(containerID: 1, hostID: start, size: count)
  }
  return nil
}

/// Who makes a container, as state and list call them: by name, or by number where there is none.
func ownerName() -> String {
  let user = Process.effectiveUser
  // No file has to be read for that, on the way of nearly every container.
  guard user != 0 else { return "root" }
  do throws(KernelError) {
    return try userName(of: user) ?? "\(user)"
  } catch {
    // A list of users that this one may not read, or that is none: no reason to have no container.
    return "\(user)"
  }
}

/// See: passwd(5).
private func userName(of user: UInt32) throws(KernelError) -> String? {
  try fields(of: "/etc/passwd").first { $0.count > 2 && $0[2] == "\(user)" }?[0]
}

/// The fields of each line of a file of the administrator's; none where there is no file.
private func fields(of path: String) throws(KernelError) -> [[String]] {
  let text: [UInt8]
  do throws(KernelError) {
    text = try open(path, [.readOnly, .nonblocking]).readAll(limit: 16 << 20, subject: path)
  } catch  where error.code == .noEntry {
    return []
  }
  return text.split(separator: UInt8(ascii: "\n")).map { line in
    line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
  }
}
