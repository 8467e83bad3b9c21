package import RootedFiles

/// The identity that the container's process starts with.
package struct ProcessUser: Equatable, Sendable {
  package let uid: UInt32
  package let gid: UInt32
  package let additionalGroups: [UInt32]
  /// The home directory by /etc/passwd; nil when the user has no entry.
  package let home: String?
}

extension ProcessUser {
  /// Finds out who `user`, `uid`, `user:group`, `uid:gid`, `uid:group` or `user:gid` is.
  ///
  /// The rootfs's own /etc/passwd and /etc/group are read, by descriptor and never by the libraries
  /// of either system. Digits are always an id and never looked up as a name. Of the two documents
  /// that disagree about supplementary groups, image-spec config.md is followed, as Docker does:
  /// without a group of its own a user, numeric or not, gets the primary and supplementary groups
  /// that the rootfs gives to it; with a group it gets that group alone.
  /// Spec: image-spec config.md, "User"; conversion.md, "Config.User".
  /// - Throws: when a name is unknown, or a number is above 2147483647.
  package init(
    _ text: String,
    root: borrowing RootDirectory,
  ) throws(BundleConfigError) {
    let accounts = try AccountFiles(root: root)
    try self.init(text, accounts: accounts)
  }

  init(_ text: String, accounts: AccountFiles) throws(BundleConfigError) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    let userText = text.isEmpty ? "0" : parts[0]
    guard text.isEmpty || (parts.count <= 2 && parts.allSatisfy { !$0.isEmpty }) else {
      throw .user(text: text, problem: "USER or USER:GROUP is expected")
    }
    let user = try accounts.user(userText)
    if parts.count == 2 {
      let gid = try accounts.group(parts[1])
      self.init(uid: user.uid, gid: gid, additionalGroups: [], home: user.entry?.home)
      return
    }
    let gid = user.entry?.gid ?? 0
    let groups = user.entry.map { accounts.supplementaryGroups(of: $0.name) } ?? []
    self.init(
      uid: user.uid,
      gid: gid,
      additionalGroups: groups.filter { $0 != gid },
      home: user.entry?.home,
    )
  }
}

/// The entries of /etc/passwd and /etc/group. See: passwd(5), group(5)
struct AccountFiles {
  struct User {
    let name: String
    let uid: UInt32
    let gid: UInt32
    let home: String
  }

  struct Group {
    let name: String
    let gid: UInt32
    let members: [String]
  }

  let users: [User]
  let groups: [Group]

  /// Far above real files, far below what would hurt (CVE-2024-9676).
  private static let limit = 4 << 20

  init(root: borrowing RootDirectory) throws(BundleConfigError) {
    do throws(FileError) {
      let limit = AccountFiles.limit
      let passwd = try root.contents(of: RootedPath("etc/passwd"), limit: limit)
      let group = try root.contents(of: RootedPath("etc/group"), limit: limit)
      self.init(passwd: passwd ?? [], group: group ?? [])
    } catch {
      throw .accountFile(error)
    }
  }

  init(passwd: [UInt8], group: [UInt8]) {
    users = lines(of: passwd).compactMap { fields in
      guard fields.count >= 6, !fields[0].isEmpty, let uid = id(fields[2]), let gid = id(fields[3])
      else { return nil }
      return User(name: fields[0], uid: uid, gid: gid, home: fields[5])
    }
    groups = lines(of: group).compactMap { fields in
      guard fields.count >= 3, !fields[0].isEmpty, let gid = id(fields[2]) else { return nil }
      let members = fields.count > 3 ? fields[3].split(separator: ",").map(String.init) : []
      return Group(name: fields[0], gid: gid, members: members)
    }
  }

  func user(_ text: String) throws(BundleConfigError) -> (uid: UInt32, entry: User?) {
    if isNumber(text) {
      guard let uid = id(text) else {
        throw .user(text: text, problem: "a uid is at most 2147483647")
      }
      return (uid, users.first { $0.uid == uid })
    }
    guard let entry = users.first(where: { $0.name == text }) else {
      throw .user(text: text, problem: "no such user in the image's /etc/passwd")
    }
    return (entry.uid, entry)
  }

  func group(_ text: String) throws(BundleConfigError) -> UInt32 {
    if isNumber(text) {
      guard let gid = id(text) else {
        throw .user(text: text, problem: "a gid is at most 2147483647")
      }
      return gid
    }
    guard let entry = groups.first(where: { $0.name == text }) else {
      throw .user(text: text, problem: "no such group in the image's /etc/group")
    }
    return entry.gid
  }

  func supplementaryGroups(of name: String) -> [UInt32] {
    var found: [UInt32] = []
    for group in groups where group.members.contains(name) && !found.contains(group.gid) {
      found.append(group.gid)
    }
    return found
  }
}

/// The fields of each line that is neither empty nor a comment.
private func lines(of bytes: [UInt8]) -> [[String]] {
  bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
    guard line.first != UInt8(ascii: "#") else { return nil }
    return line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
  }
}

/// Anything that could pass for a number is treated as one, so that a name made of digits, or of a
/// sign and digits, can never lend its owner another id (CVE-2016-3697).
private func isNumber(_ text: String) -> Bool {
  let digits = text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : Substring(text)
  return !digits.isEmpty && digits.utf8.allSatisfy { (0x30...0x39).contains($0) }
}

/// An id in the range that every tool and file system can represent (CVE-2024-40635).
private func id(_ text: String) -> UInt32? {
  guard let value = decimal(text), value <= UInt32(Int32.max) else { return nil }
  return value
}
