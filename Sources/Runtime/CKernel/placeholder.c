#include "CKernel.h"

#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// The child has a copy of this memory and not a share of it: the kernel's out-of-memory killer ends
// all who share memory with its victim, and the placeholder lives under a container's limit.
int ckernel_placeholder(int *pidfd) {
  int parent = getpid();
  struct clone_args arguments = {
      .flags = CLONE_PIDFD,
      .pidfd = (unsigned long long)pidfd,
      .exit_signal = SIGCHLD,
  };
  int pid = (int)syscall(SYS_clone3, &arguments, sizeof arguments);
  if (pid != 0) return pid;
  // Should the parent have ended before this, no signal comes any more: its id is another's then.
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || getppid() != parent) _exit(1);
  // The parent takes the first one for a hint; here it is how a service manager stops the scope.
  signal(SIGTERM, SIG_DFL);
  // Locks and pipes of the parent must not outlive it here.
  syscall(SYS_close_range, 0, ~0U, 0);
  prctl(PR_SET_NAME, "swrun:scope", 0, 0, 0);
  for (;;) pause();
}

int ckernel_try_cgroup(int cgroup) {
  struct clone_args arguments = {
      .flags = CLONE_INTO_CGROUP | CLONE_VFORK,
      .cgroup = (unsigned long long)cgroup,
  };
  int pid = (int)syscall(SYS_clone3, &arguments, sizeof arguments);
  if (pid == 0) _exit(0);
  return pid;
}
