import CKernel
import Glibc

/// A namespace flag of clone(2).
package struct NamespaceFlags: OptionSet, Sendable {
  package let rawValue: UInt64

  package init(rawValue: UInt64) {
    self.rawValue = rawValue
  }

  package static let mount = NamespaceFlags(rawValue: UInt64(CLONE_NEWNS))
  package static let cgroup = NamespaceFlags(rawValue: UInt64(CLONE_NEWCGROUP))
  package static let uts = NamespaceFlags(rawValue: UInt64(CLONE_NEWUTS))
  package static let ipc = NamespaceFlags(rawValue: UInt64(CLONE_NEWIPC))
  package static let user = NamespaceFlags(rawValue: UInt64(CLONE_NEWUSER))
  package static let pid = NamespaceFlags(rawValue: UInt64(CLONE_NEWPID))
  package static let network = NamespaceFlags(rawValue: UInt64(CLONE_NEWNET))
  package static let time = NamespaceFlags(rawValue: 0x80)  // CLONE_NEWTIME, <linux/sched.h>
}

/// Which side of a clone this is.
package enum CloneSide: ~Copyable {
  case child
  case parent(pid: Int32, pidfd: OwnedDescriptor)
}

/// Makes a child with a copy of this memory, in new namespaces, and in a cgroup if one is given.
///
/// Needs a single-threaded caller, which swrun is: a lock held by another thread would stay held in
/// the child for ever. `asSibling` makes the child one of the caller's own parent.
///
/// See: clone3(2), CLONE_INTO_CGROUP since Linux 5.7.
package func clone(
  namespaces: NamespaceFlags,
  cgroup: CInt?,
  asSibling: Bool,
) throws(KernelError) -> CloneSide {
  var flags = namespaces.rawValue | UInt64(CLONE_PIDFD)
  if cgroup != nil { flags |= 0x2_0000_0000 }  // CLONE_INTO_CGROUP, <linux/sched.h>
  if asSibling { flags |= UInt64(CLONE_PARENT) }
  var pidfd: CInt = -1
  let pid = try check("clone3") {
    unsafe ckernel_clone3(flags, asSibling ? 0 : SIGCHLD, cgroup ?? 0, &pidfd)
  }
  if pid == 0 { return .child }
  return .parent(pid: Int32(pid), pidfd: OwnedDescriptor(adopting: pidfd))
}

/// Moves this process into the namespace that a descriptor stands for.
///
/// See: setns(2).
package func enter(
  namespace: borrowing OwnedDescriptor,
  _ flag: NamespaceFlags,
  subject: String,
) throws(KernelError) {
  let number = namespace.raw
  try check("setns", subject) { setns(number, CInt(flag.rawValue)) }
}

/// Moves this process into namespaces of another process, all or none, the user namespace first.
///
/// That of pids takes effect on children only.
///
/// See: setns(2), pidfds since Linux 5.8.
package func enter(
  namespacesOf process: borrowing OwnedDescriptor,
  _ flags: NamespaceFlags,
) throws(KernelError) {
  // setns(2) takes no empty set.
  guard flags != [] else { return }
  let number = process.raw
  try check("setns") { setns(number, CInt(truncatingIfNeeded: flags.rawValue)) }
}

/// Gives this process new namespaces of its own.
package func leave(_ namespaces: NamespaceFlags, subject: String) throws(KernelError) {
  try check("unshare", subject) { unshare(CInt(truncatingIfNeeded: namespaces.rawValue)) }
}
