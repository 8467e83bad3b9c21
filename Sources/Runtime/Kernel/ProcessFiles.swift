import Glibc

/// A procfs that is known to be one: every path below it is resolved without leaving it.
///
/// A path such as /proc/self/attr can be covered by another mount inside a container
/// (CVE-2019-16884, CVE-2025-52881), so nothing here is opened by an absolute name.
package struct ProcessFiles: ~Copyable {
  private let root: OwnedDescriptor

  /// Opens the host's procfs.
  ///
  /// - Throws: EXDEV when what is at /proc is no procfs, or not its root.
  package init() throws(KernelError) {
    let opened = try Kernel.open("/proc", [.path, .directory])
    let rootInode = 1  // PROC_ROOT_INO, <linux/proc_ns.h>
    guard try opened.fileSystemMagic() == FileSystemMagic.procfs,
      try opened.status().inode == rootInode
    else {
      throw KernelError(call: "open", code: .crossDevice, subject: "/proc (not a procfs)")
    }
    root = opened
  }

  private init(root: consuming OwnedDescriptor) {
    self.root = root
  }

  /// Another handle of the same procfs.
  package func duplicate() throws(KernelError) -> ProcessFiles {
    ProcessFiles(root: try root.duplicate())
  }

  /// The id of this process, as this procfs shows it: not always as getpid(2) does.
  package func ownID() throws(KernelError) -> Int32 {
    guard let pid = Int32(try Directory.readLink(at: root, "self")) else {
      throw KernelError(call: "readlink", code: .noEntry, subject: "/proc/self")
    }
    return pid
  }

  /// Opens a file of procfs, as `self/status` or `sys/kernel/shmmax`.
  package func open(_ path: String, _ flags: OpenFlags) throws(KernelError) -> OwnedDescriptor {
    try Kernel.open(at: root, path, flags, [.beneath, .noMountCrossing, .noMagicLinks])
  }

  /// Opens what a magic link of procfs points to, as `1234/ns/net`.
  package func openTarget(
    of path: String,
    _ flags: OpenFlags,
  ) throws(KernelError) -> OwnedDescriptor {
    try Kernel.open(at: root, path, flags, [])
  }

  /// Reads a file whole, at most `limit` bytes.
  package func read(_ path: String, limit: Int = 1 << 20) throws(KernelError) -> [UInt8] {
    try open(path, [.readOnly]).readAll(limit: limit, subject: "/proc/\(path)")
  }

  /// Writes a file in one call.
  package func write(_ path: String, _ text: String) throws(KernelError) {
    try open(path, [.writeOnly]).writeOnce(text, subject: "/proc/\(path)")
  }

  /// Whether this process is in another user namespace than the host's first one.
  ///
  /// See: user_namespaces(7): the first one maps every id to itself.
  package func isInUserNamespace() throws(KernelError) -> Bool {
    let words = try read("self/uid_map").split { $0 == 0x20 || $0 == 0x0A }
    return words.map { String(decoding: $0, as: UTF8.self) } != ["0", "0", "4294967295"]
  }

  /// When a process started, in clock ticks since boot, and how it is.
  ///
  /// With its id this names one process for ever, as an id alone does not.
  ///
  /// See: proc(5), /proc/pid/stat, fields 3, 9, 20 and 22.
  ///
  /// - Throws: ENOENT or ESRCH when there is no such process.
  package func identity(of pid: Int32) throws(KernelError) -> ProcessIdentity {
    let text = try read("\(pid)/stat")
    // The name in field 2 may hold anything, spaces and brackets too: count from its end.
    guard let end = text.lastIndex(of: UInt8(ascii: ")")) else {
      throw KernelError(call: "read", code: .init(rawValue: EIO), subject: "/proc/\(pid)/stat")
    }
    let fields = text[(end + 1)...].split(separator: UInt8(ascii: " "))
    guard fields.count > 19, let letter = fields[0].first,
      let flags = UInt32(String(decoding: fields[6], as: UTF8.self)),
      let threads = Int(String(decoding: fields[17], as: UTF8.self)),
      let start = UInt64(String(decoding: fields[19], as: UTF8.self))
    else {
      throw KernelError(call: "read", code: .init(rawValue: EIO), subject: "/proc/\(pid)/stat")
    }
    return ProcessIdentity(startTime: start, state: letter, flags: flags, threadCount: threads)
  }

  /// Whether a process has ended, or can't but end: none of its threads will run the program any more.
  ///
  /// The file of a process is that of its first thread, which may have ended while others go on. They
  /// may make new ones and end as fast as they are looked at: those are gone whom a second list names
  /// too, and nobody else. `identity` is what has been read of the process.
  ///
  /// - Throws: ENOENT or ESRCH when there is no such process.
  package func isEnding(
    _ pid: Int32,
    _ identity: ProcessIdentity,
  ) throws(KernelError) -> Bool {
    guard identity.isEnding else { return false }
    guard identity.threadCount > 1 else { return true }
    let looks = 4
    var seen = try threads(of: pid)
    for _ in 0..<looks {
      for thread in seen where try !isEnding(thread: thread, of: pid) { return false }
      let now = try threads(of: pid)
      if Set(now).isSubset(of: seen) { return true }
      seen = now
    }
    return false
  }

  /// The ids of a process's threads, in order; the first thread is among them even after its end.
  ///
  /// - Throws: ENOENT or ESRCH when there is no such process.
  package func threads(of pid: Int32) throws(KernelError) -> [Int32] {
    let directory = try open("\(pid)/task", [.readOnly, .directory])
    return try Directory.names(in: directory).compactMap { Int32($0) }.sorted()
  }

  /// The children of this process, which has one thread; none where the kernel does not tell.
  ///
  /// See: proc(5), /proc/tid/children, of CONFIG_PROC_CHILDREN.
  package func ownChildren() throws(KernelError) -> [Int32] {
    do throws(KernelError) {
      let text = String(decoding: try read("thread-self/children"), as: UTF8.self)
      return text.split(separator: " ").compactMap { Int32($0) }
    } catch  where error.code == .noEntry {
      return []
    }
  }

  /// How many pid namespaces, one below the other, a process has an id in, from this procfs's on.
  ///
  /// See: proc(5), NSpid in /proc/pid/status. `process` is an id, or `self`.
  package func pidNamespaceDepth(of process: String) throws(KernelError) -> Int {
    let text = String(decoding: try read("\(process)/status"), as: UTF8.self)
    let line = text.split(separator: "\n").first { $0.hasPrefix("NSpid:") }
    return line?.split(separator: "\t").dropFirst().count ?? 0
  }

  private func isEnding(thread: Int32, of pid: Int32) throws(KernelError) -> Bool {
    do throws(KernelError) {
      return try identity(of: thread).isEnding
    } catch  where error.code == .noEntry || error.code == .noProcess {
      return true
    }
  }
}

/// What tells one process from a later one with the same id.
package struct ProcessIdentity: Equatable, Sendable {
  /// In clock ticks since boot.
  package let startTime: UInt64
  /// The state letter of proc(5).
  package let state: UInt8
  /// The kernel's flags of a task: PF_EXITING and its like, <linux/sched.h>.
  package let flags: UInt32
  /// How many threads the process has; one that has ended counts until it is reaped.
  package let threadCount: Int

  /// Whether the thread has ended, and only waits to be reaped.
  package var hasEnded: Bool {
    state == UInt8(ascii: "Z") || state == UInt8(ascii: "X")
  }

  /// Whether the thread has ended, or can't but end: it closes its files before it is a zombie.
  package var isEnding: Bool {
    let isExiting: UInt32 = 0x4
    return hasEnded || flags & isExiting != 0
  }
}
