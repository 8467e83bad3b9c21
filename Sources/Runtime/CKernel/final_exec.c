// The last yard of init. From the moment that the container's filter is loaded any system call may
// be forbidden, those of an allocator included: so no malloc, no Swift, and only calls that a
// program needs to start at all (capset and prctl where the filter must come before them, read,
// close_range, execve, write, exit_group).

#include "CKernel.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CAPABILITIES = 1, FILTER = 2, WAIT = 3, EXEC = 4 };

static int set_capabilities(const struct ckernel_final *plan, unsigned long long effective) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2] = {
      {(unsigned)effective, (unsigned)plan->permitted, (unsigned)plan->inheritable},
      {(unsigned)(effective >> 32), (unsigned)(plan->permitted >> 32),
       (unsigned)(plan->inheritable >> 32)},
  };
  return (int)syscall(SYS_capset, &header, data);
}

static int set_ambient(unsigned long long ambient) {
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0) return -1;
  for (unsigned long bit = 0; bit < 64; bit++)
    if (ambient >> bit & 1 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, bit, 0, 0) < 0) return -1;
  return 0;
}

static int load_filter(const struct ckernel_final *plan) {
  struct sock_fprog program = {.len = plan->filter_length, .filter = (void *)plan->filter};
  long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, plan->filter_flags, &program);
  if (result > 0) errno = ESRCH;  // TSYNC names a thread that could not be synchronised
  return result == 0 ? 0 : -1;
}

int ckernel_final_confine(const struct ckernel_final *plan, int *code) {
  int step = 0;
  if (plan->filter && !plan->no_new_privileges) {
    // Without no_new_privs the kernel wants CAP_SYS_ADMIN for a filter: it must come first. All that
    // is permitted is raised for it, as the change of user has cleared the effective set.
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &header, data) < 0) step = CAPABILITIES;
    data[0].effective = data[0].permitted;
    data[1].effective = data[1].permitted;
    if (!step && syscall(SYS_capset, &header, data) < 0) step = CAPABILITIES;
    if (!step && load_filter(plan) < 0) step = FILTER;
  }
  if (!step && set_capabilities(plan, plan->effective) < 0) step = CAPABILITIES;
  if (!step && set_ambient(plan->ambient) < 0) step = CAPABILITIES;
  *code = errno;
  return step;
}

static _Noreturn void fail(const struct ckernel_final *plan, int step, int code) {
  struct ckernel_final_failure frame = {.tag = 'F', .step = (unsigned char)step, .code = code};
  long ignored = write(plan->failure, &frame, sizeof frame);
  (void)ignored;  // nobody is left to tell
  _exit(step == EXEC && (code == ENOENT || code == ENOTDIR) ? 127 : 126);
}

static void wait_for_start(const struct ckernel_final *plan) {
  char byte;
  long count;
  if (plan->start < 0) return;
  do count = read(plan->start, &byte, 1);
  while (count < 0 && errno == EINTR);
  if (count < 0) fail(plan, WAIT, errno);
  if (count == 0) _exit(1);  // the creator has gone: there is nobody to run for, or to tell
}

_Noreturn void ckernel_final_exec(const struct ckernel_final *plan) {
  wait_for_start(plan);
  if (syscall(SYS_close_range, plan->first_closed, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
    fail(plan, EXEC, errno);
  syscall(SYS_rt_sigprocmask, 2 /* SIG_SETMASK */, &plan->signal_mask, 0, sizeof plan->signal_mask);
  if (plan->filter && plan->no_new_privileges && load_filter(plan) < 0) fail(plan, FILTER, errno);
  int code = ENOENT;
  for (const char *const *path = plan->candidates; *path; path++) {
    execve(*path, plan->arguments, plan->environment);
    if (errno != ENOENT && errno != ENOTDIR) code = errno;
    if (errno != ENOENT && errno != ENOTDIR && errno != EACCES) break;
  }
  fail(plan, EXEC, code);
}
