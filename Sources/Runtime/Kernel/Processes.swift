import CKernel
import Glibc

/// How a child ended.
package enum ExitStatus: Equatable, Sendable {
  case exited(Int32)
  case signalled(Int32)

  /// As a shell has it: 128 and the number for a signal.
  package var code: Int32 {
    switch self {
    case .exited(let code): code
    case .signalled(let signal): 128 + signal
    }
  }
}

package enum Process {
  /// This process's id.
  package static var ownID: Int32 { getpid() }

  package static var effectiveUser: UInt32 { geteuid() }

  package static var effectiveGroup: UInt32 { getegid() }

  /// A descriptor of a process, whose number can't come to mean another one.
  ///
  /// See: pidfd_open(2).
  package static func open(_ pid: Int32) throws(KernelError) -> OwnedDescriptor {
    OwnedDescriptor(adopting: try check("pidfd_open", "\(pid)") { ckernel_pidfd_open(pid, 0) })
  }

  /// Sends a signal to the process of a pidfd.
  package static func signal(
    _ process: borrowing OwnedDescriptor,
    _ number: Int32,
  ) throws(KernelError) {
    let raw = process.raw
    try check("pidfd_send_signal", "\(number)") { ckernel_pidfd_send_signal(raw, number) }
  }

  /// Kills a child and takes its status, whatever signal asks this process for an end meanwhile: this
  /// is what it would be asked for.
  package static func killChild(
    _ process: borrowing OwnedDescriptor,
    _ pid: Int32,
  ) throws(KernelError) {
    do throws(KernelError) {
      try signal(process, SIGKILL)
      _ = try wait(for: pid)
    } catch  where error.code == .interrupted {
      // Once at most: a second signal ends this process at once.
      try killChild(process, pid)
    }
  }

  /// Kills a child and its process group, which is of the same number after `startSession`.
  package static func killSession(of pid: Int32) throws(KernelError) {
    do throws(KernelError) {
      try check("kill", "-\(pid)") { kill(-pid, SIGKILL) }
    } catch  where error.code == .noProcess {
      // It has not got as far as making a session.
      try check("kill", "\(pid)") { kill(pid, SIGKILL) }
    }
  }

  /// Waits for a child and takes its status.
  package static func wait(for pid: Int32) throws(KernelError) -> ExitStatus {
    var status: CInt = 0
    try check("waitpid", "\(pid)") { unsafe waitpid(pid, &status, 0) }
    return exitStatus(status)
  }

  /// Whether a process is a child of this one that has not been waited for.
  package static func isChild(_ pid: Int32) -> Bool {
    guard pid > 0 else { return false }
    // ECHILD is the answer for another's, and there is no other error that a number could cause.
    return waitid(P_PID, id_t(pid), nil, WEXITED | WNOHANG | WNOWAIT) == 0
  }

  /// Takes the status of any child that has ended; nil when none has.
  package static func reap() throws(KernelError) -> (pid: Int32, status: ExitStatus)? {
    var status: CInt = 0
    do throws(KernelError) {
      let pid = try check("waitpid") { unsafe waitpid(-1, &status, WNOHANG) }
      return pid == 0 ? nil : (pid, exitStatus(status))
    } catch  where error.code == .noChild {
      return nil
    }
  }

  private static func exitStatus(_ raw: CInt) -> ExitStatus {
    let signal = raw & 0x7f
    return signal == 0 ? .exited((raw >> 8) & 0xff) : .signalled(signal)
  }

  /// Ends this process at once: no exit handler runs, no buffer is written out.
  package static func end(_ code: Int32) -> Never {
    _exit(code)
  }

  /// Stops this process until somebody continues it.
  package static func stopSelf() throws(KernelError) {
    try check("kill", "SIGSTOP") { kill(getpid(), SIGSTOP) }
  }

  /// A name that ps and /proc show for this process, at most 15 bytes.
  package static func setName(_ name: String) throws(KernelError) {
    try check("prctl", "PR_SET_NAME") { unsafe ckernel_prctl_name(name) }
  }

  /// The signal that this process gets when its parent ends; 0 for none.
  package static func setParentDeathSignal(_ signal: Int32) throws(KernelError) {
    try check("prctl", "PR_SET_PDEATHSIG") {
      ckernel_prctl(PR_SET_PDEATHSIG, UInt(signal), 0, 0, 0)
    }
  }

  /// Has this process killed when its parent ends, until it changes its user.
  ///
  /// - Throws: ESRCH when that parent has ended already.
  package static func endWithParent(_ parent: Int32) throws(KernelError) {
    try setParentDeathSignal(SIGKILL)
    guard getppid() == parent else {
      throw KernelError(call: "getppid", code: .noProcess, subject: "\(parent)")
    }
  }

  /// Whether others may read this process's memory and descriptors through ptrace(2) and procfs.
  package static func setDumpable(_ isDumpable: Bool) throws(KernelError) {
    try check("prctl", "PR_SET_DUMPABLE") {
      ckernel_prctl(PR_SET_DUMPABLE, isDumpable ? 1 : 0, 0, 0, 0)
    }
  }

  /// Becomes root of the user namespace that this process is in, and stays closed to those inside.
  package static func becomeRoot() throws(KernelError) {
    try setGroup(0)
    try setUser(0)
    // A change of user may undo it: PR_SET_DUMPABLE in prctl(2).
    try setDumpable(false)
  }

  /// Orphans of this process's descendants become its children.
  package static func setSubreaper(_ isOn: Bool) throws(KernelError) {
    try check("prctl", "PR_SET_CHILD_SUBREAPER") {
      ckernel_prctl(PR_SET_CHILD_SUBREAPER, isOn ? 1 : 0, 0, 0, 0)
    }
  }

  /// No program that this process executes gains privileges.
  package static func setNoNewPrivileges() throws(KernelError) {
    try check("prctl", "PR_SET_NO_NEW_PRIVS") { ckernel_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) }
  }

  /// Permitted capabilities stay when the user changes.
  package static func keepCapabilities(_ isOn: Bool) throws(KernelError) {
    try check("prctl", "PR_SET_KEEPCAPS") {
      ckernel_prctl(PR_SET_KEEPCAPS, isOn ? 1 : 0, 0, 0, 0)
    }
  }

  /// Starts a session without a controlling terminal.
  package static func startSession() throws(KernelError) {
    try check("setsid") { setsid() }
  }

  package static func setGroups(_ groups: [UInt32]) throws(KernelError) {
    try check("setgroups") {
      unsafe groups.withUnsafeBufferPointer {
        unsafe ckernel_set_groups($0.baseAddress, UInt($0.count))
      }
    }
  }

  /// Sets the real, effective and saved group.
  package static func setGroup(_ group: UInt32) throws(KernelError) {
    try check("setresgid", "\(group)") { ckernel_set_group(group) }
  }

  /// Sets the real, effective and saved user.
  package static func setUser(_ user: UInt32) throws(KernelError) {
    try check("setresuid", "\(user)") { ckernel_set_user(user) }
  }

  /// Sets what new files don't get of the mode that is asked for.
  ///
  /// - Returns: the mask before.
  @discardableResult
  package static func setFileModeMask(_ mask: UInt32) -> UInt32 {
    umask(mask)
  }

  package static func changeDirectory(_ path: String) throws(KernelError) {
    try check("chdir", path) { unsafe chdir(path) }
  }

  package static func changeDirectory(
    to directory: borrowing OwnedDescriptor,
    subject: String,
  ) throws(KernelError) {
    let number = directory.raw
    try check("fchdir", subject) { fchdir(number) }
  }

  package static func setHostname(_ name: String) throws(KernelError) {
    try check("sethostname", name) { unsafe sethostname(name, name.utf8.count) }
  }

  package static func setDomainname(_ name: String) throws(KernelError) {
    try check("setdomainname", name) { unsafe setdomainname(name, name.utf8.count) }
  }

  /// Sets a network link of the current network namespace up.
  package static func setLinkUp(_ link: String) throws(KernelError) {
    try check("ioctl", "SIOCSIFFLAGS \(link)") { unsafe ckernel_set_link_up(link) }
  }

  /// Whether the current user may execute a file.
  ///
  /// See: AT_EACCESS in faccessat(2).
  package static func mayExecute(_ path: String) -> Bool {
    unsafe faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0
  }

  /// The status of a path in this process's own root, symbolic links followed.
  package static func status(of path: String) throws(KernelError) -> FileStatus {
    var raw = stat()
    try check("stat", path) { unsafe stat(path, &raw) }
    return FileStatus(raw)
  }

  /// Prepares the environment for a start of this program from a detached mount, where the Swift
  /// runtime would look for its crash reporter in the working directory.
  package static func forbidBacktraces() throws(KernelError) {
    try check("setenv", "SWIFT_BACKTRACE") { ckernel_forbid_backtrace() }
  }

  /// The program's environment, as `KEY=value`, without what it has set for itself.
  package static var environment: [String] {
    var list: [String] = []
    guard var entry = unsafe ckernel_environment() else { return list }
    while let text = unsafe entry.pointee {
      unsafe list.append(String(cString: text))
      unsafe entry += 1
    }
    return list.filter { !$0.hasPrefix("SWIFT_BACKTRACE=") }
  }

  /// The value of a variable of the environment; nil when it is not there.
  package static func variable(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
  }
}
