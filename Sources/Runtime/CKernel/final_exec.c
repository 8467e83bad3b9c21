// The last yard of init, and of a tenant. From the moment that the container's filter is loaded any
// system call may be forbidden, those of an allocator included: so no malloc, no Swift, and only calls
// that a program needs to start at all (capset and prctl where the filter must come before them, read,
// execve, write, exit_group). What a tenant calls besides comes before the filter.

#include "CKernel.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
  CAPABILITIES = 1,
  FILTER = 2,
  WAIT = 3,
  EXEC = 4,
  BIRTH = 5,
  SESSION = 6,
  TERMINAL = 7,
  LISTENER = 8
};

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

// Sends the filter's listener away, with the state of the container. The one call that the filter has
// to allow for that is sendmsg.
static int send_listener(const struct ckernel_final *plan, int listener) {
  int pid = plan->pid;
  for (unsigned long place = plan->listener_pid + 10; pid > 0; pid /= 10)
    plan->message[--place] = (char)('0' + pid % 10);
  struct iovec data = {.iov_base = plan->message, .iov_len = plan->message_length};
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
  } control = {0};
  struct msghdr message = {.msg_iov = &data,
                           .msg_iovlen = 1,
                           .msg_control = &control,
                           .msg_controllen = sizeof control};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(header), &listener, sizeof listener);
  long sent = syscall(SYS_sendmsg, plan->listener, &message, MSG_NOSIGNAL);
  if (sent >= 0 && (unsigned long)sent < plan->message_length) errno = EMSGSIZE;
  if (sent != (long)plan->message_length) return -1;
  // Where the program is yet to wait for start: both ends are whoever listens's now. Otherwise execve
  // closes them, and no filter has to allow it.
  if (!plan->no_new_privileges) {
    syscall(SYS_close, listener);
    syscall(SYS_close, plan->listener);
  }
  return 0;
}

// Returns 0, or the step that failed with errno set.
static int load_filter(const struct ckernel_final *plan) {
  struct sock_fprog program = {.len = plan->filter_length, .filter = (void *)plan->filter};
  long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, plan->filter_flags, &program);
  if (result < 0) return FILTER;
  if (plan->listener >= 0) return send_listener(plan, (int)result) < 0 ? LISTENER : 0;
  if (result > 0) errno = ESRCH;  // TSYNC names a thread that could not be synchronised
  return result == 0 ? 0 : FILTER;
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
    if (!step) step = load_filter(plan);
  }
  if (!step && set_capabilities(plan, plan->effective) < 0) step = CAPABILITIES;
  if (!step && set_ambient(plan->ambient) < 0) step = CAPABILITIES;
  *code = errno;
  return step;
}

static _Noreturn void fail(const struct ckernel_final *plan, int step, int code) {
  struct ckernel_final_failure frame = {.tag = 'F', .step = (unsigned char)step, .code = code};
  unsigned length = 0;
  if (step == EXEC)
    for (const char *name = plan->arguments[0]; name[length] && length < sizeof frame.name; length++)
      frame.name[length] = name[length];
  long ignored = write(plan->failure, &frame, offsetof(struct ckernel_final_failure, name) + length);
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

static _Noreturn void execute(const struct ckernel_final *plan) {
  // A net below those that have closed everything else: a filter that is loaded already may forbid it.
  int has_filter = plan->filter && !plan->no_new_privileges;
  if (!has_filter && syscall(SYS_close_range, plan->first_closed, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
    fail(plan, EXEC, errno);
  // Whatever the caller holds back, the program starts with nothing held back.
  unsigned long long none = 0;
  syscall(SYS_rt_sigprocmask, 2 /* SIG_SETMASK */, &none, 0, sizeof none);
  if (plan->filter && plan->no_new_privileges) {
    int step = load_filter(plan);
    if (step) fail(plan, step, errno);
  }
  int code = ENOENT;
  for (const char *const *path = plan->candidates; *path; path++) {
    execve(*path, plan->arguments, plan->environment);
    if (errno != ENOENT && errno != ENOTDIR) code = errno;
    if (errno != ENOENT && errno != ENOTDIR && errno != EACCES) break;
  }
  fail(plan, EXEC, code);
}

_Noreturn void ckernel_final_exec(const struct ckernel_final *plan) {
  wait_for_start(plan);
  execute(plan);
}

// The pid as the program will see it, which nobody else can know before.
static void announce_pid(const struct ckernel_final *plan) {
  static const char name[] = "LISTEN_PID=";
  char digits[10], *place = 0;
  unsigned count = 0, pid = (unsigned)getpid();
  for (char *const *entry = plan->environment; *entry; entry++)
    if (strncmp(*entry, name, sizeof name - 1) == 0) place = *entry + sizeof name - 1;
  if (!place) return;
  for (; pid > 0; pid /= 10) digits[count++] = (char)('0' + pid % 10);
  while (count > 0) *place++ = digits[--count];
  *place = 0;
}

// What the tenant does in the container's pid namespace, and so in sight of the container: as little
// as there can be.
static _Noreturn void tenant(const struct ckernel_final *plan) {
  int code = 0, step = 0;
  if (plan->announces_pid) announce_pid(plan);
  if (setsid() < 0) fail(plan, SESSION, errno);
  if (plan->takes_terminal && ioctl(0, TIOCSCTTY, 0) < 0) fail(plan, TERMINAL, errno);
  if (plan->confines_late) step = ckernel_final_confine(plan, &code);
  if (step) fail(plan, step, code);
  execute(plan);
}

_Noreturn void ckernel_final_tenant(struct ckernel_final *plan) {
  wait_for_start(plan);
  // Closed, and not only on exec: the program's path is resolved before that, and may lead over
  // /proc/self/fd (CVE-2024-21626). What is still needed lies one after the other behind the program's.
  if (plan->listener >= 0) {
    plan->listener = fcntl(plan->listener, F_DUPFD_CLOEXEC, plan->first_closed + 2);
    if (plan->listener < 0) fail(plan, EXEC, errno);
  }
  if (plan->failure != plan->first_closed &&
      syscall(SYS_dup3, plan->failure, plan->first_closed, O_CLOEXEC) < 0)
    fail(plan, EXEC, errno);
  plan->failure = plan->first_closed;
  int last = plan->first_closed;
  if (plan->listener >= 0) {
    last++;
    if (syscall(SYS_dup3, plan->listener, last, O_CLOEXEC) < 0) fail(plan, EXEC, errno);
    plan->listener = last;
  }
  if (syscall(SYS_close_range, last + 1, ~0U, 0) < 0) fail(plan, EXEC, errno);
  if (!plan->is_sibling) tenant(plan);
  // A pid namespace takes effect on children only. The tenant has memory of its own: who may trace it,
  // as some of the container with CAP_SYS_PTRACE may, must not get at this process, which is outside.
  // The id by which the host knows it is not getpid(2)'s: the kernel leaves it in a page for it.
  int *page = &plan->pid;
  if (plan->listener >= 0) {
    page = mmap(0, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) fail(plan, BIRTH, errno);
  }
  // Stopped until the tenant has become its program or has ended: first it tells of a failure.
  int pid = (int)syscall(SYS_clone, CLONE_VFORK | CLONE_PARENT | CLONE_PARENT_SETTID, 0, page, 0, 0);
  if (pid == 0) {
    plan->pid = *page;
    tenant(plan);
  }
  if (pid < 0) fail(plan, BIRTH, errno);
  char frame[5] = {'I'};
  memcpy(frame + 1, &pid, sizeof pid);
  _exit(write(plan->failure, frame, sizeof frame) == sizeof frame ? 0 : 1);
}
