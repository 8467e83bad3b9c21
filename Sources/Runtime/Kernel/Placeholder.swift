import CKernel
import Glibc

/// A child that does nothing but be there: the first process of a scope, until init is born in it.
///
/// It goes with its owner, and with this process, whatever ends that.
package struct Placeholder: ~Copyable {
  package let pid: Int32
  private let process: OwnedDescriptor

  /// The number of the descriptor that it is held by.
  package var raw: CInt { process.raw }

  /// Makes the child.
  ///
  /// Needs a single-threaded caller, as `clone` does.
  ///
  /// See: PR_SET_PDEATHSIG in prctl(2).
  package init() throws(KernelError) {
    var pidfd: CInt = -1
    pid = Int32(try check("clone3") { unsafe ckernel_placeholder(&pidfd) })
    process = OwnedDescriptor(adopting: pidfd)
  }

  /// Whether it still runs: a service manager, or a user, may have ended it.
  package func isAlive() throws(KernelError) -> Bool {
    try !process.wait(for: .readable, milliseconds: 0)
  }

  deinit {
    // It is a child that nobody else waits for: neither call can fail but for one that has ended.
    ckernel_pidfd_send_signal(process.raw, SIGKILL)
    var status: CInt = 0
    while unsafe waitpid(pid, &status, 0) < 0 && errno == EINTR {}
  }
}

/// Whether this process may make children in a cgroup, by making one that ends at once.
///
/// The kernel wants the right to write cgroup.procs of the nearest cgroup above both, and in some
/// hierarchies more; only itself can tell.
///
/// See: CLONE_INTO_CGROUP in clone3(2), cgroups(7).
package func canBeBorn(in cgroup: borrowing OwnedDescriptor) throws(KernelError) -> Bool {
  let raw = cgroup.raw
  do throws(KernelError) {
    let pid = try check("clone3") { ckernel_try_cgroup(raw) }
    var status: CInt = 0
    try check("waitpid", "\(pid)") {
      unsafe waitpid(pid, &status, CInt(bitPattern: UInt32(0x8000_0000)))  // __WCLONE
    }
    return true
  } catch  where refusals.contains(error.code) {
    return false
  }
}

/// What the kernel answers who may not move processes there, or not right now: EAGAIN is pids.max.
private let refusals: [ErrorNumber] = [
  .permission, .accessDenied, .busy, .notSupported, .noEntry, .wouldBlock,
]
