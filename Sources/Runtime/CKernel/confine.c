#include "CKernel.h"

#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int ckernel_set_limit(int pid, unsigned int resource, unsigned long long soft,
                      unsigned long long hard) {
  // struct rlimit64: prlimit(2) has one layout for all architectures.
  unsigned long long limit[2] = {soft, hard};
  return (int)syscall(SYS_prlimit64, pid, resource, limit, (void *)0);
}

int ckernel_set_io_priority(int value) {
  return (int)syscall(SYS_ioprio_set, 1 /* IOPRIO_WHO_PROCESS */, 0, value);
}

int ckernel_set_scheduler(unsigned int policy, unsigned long long flags, int nice,
                          unsigned int priority, unsigned long long runtime,
                          unsigned long long deadline, unsigned long long period) {
  // struct sched_attr of sched_setattr(2), which glibc has since 2.41 only.
  struct {
    unsigned int size, policy;
    unsigned long long flags;
    int nice;
    unsigned int priority;
    unsigned long long runtime, deadline, period;
  } attributes = {sizeof attributes, policy, flags, nice, priority, runtime, deadline, period};
  return (int)syscall(SYS_sched_setattr, 0, &attributes, 0);
}

int ckernel_set_personality(unsigned long persona) {
  return (int)syscall(SYS_personality, persona);
}

int ckernel_set_key_permissions(int key, unsigned int mask) {
  return (int)syscall(SYS_keyctl, KEYCTL_SETPERM, key, mask);
}
