// Where the kernel enters swrun: the second start from a read-only copy of the binary's mount
// (Lifecycle/SelfProtection says why), taken before the C library and the Swift runtime have started
// for the first time. What those need to start, the cpuid instructions that a hypervisor answers one
// by one above all, costs an eighth of the CPU time of `swrun exec`; from here it is paid once.
//
// Nothing of the C library works yet: no errno, no stack protector, no memcpy. Hence system calls by
// hand, and functions that the compiler may not turn into calls of the library's.
//
// The start again is a short cut and no more. Whatever goes wrong with it is left to protectSelf,
// which checks the outcome in any case, does the same with a verified procfs, and says what is wrong.

#include "CKernel.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <stddef.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#define BARE __attribute__((no_builtin, no_stack_protector))

// The entry keeps what the kernel left for _start, the C library's own: on the stack the number of
// arguments, the arguments and the environment; in a register what is to be called at exit.
#if defined(__x86_64__)
__asm__(
    ".text\n"
    ".globl ckernel_entry\n"
    ".type ckernel_entry, @function\n"
    "ckernel_entry:\n"
    "  xorl %ebp, %ebp\n"
    "  movq %rdx, %rbx\n"
    "  movq %rsp, %rdi\n"
    "  call ckernel_protect_at_entry\n"
    "  movq %rbx, %rdx\n"
    "  jmp _start\n"
    ".size ckernel_entry, . - ckernel_entry\n");

BARE static inline long call(long number, long a, long b, long c, long d, long e) {
  register long fourth __asm__("r10") = d;
  register long fifth __asm__("r8") = e;
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth), "r"(fifth)
                   : "rcx", "r11", "memory");
  return result;
}
#elif defined(__aarch64__)
__asm__(
    ".text\n"
    ".globl ckernel_entry\n"
    ".type ckernel_entry, %function\n"
    "ckernel_entry:\n"
    "  mov x29, xzr\n"
    "  mov x19, x0\n"
    "  mov x0, sp\n"
    "  bl ckernel_protect_at_entry\n"
    "  mov x0, x19\n"
    "  b _start\n"
    ".size ckernel_entry, . - ckernel_entry\n");

BARE static inline long call(long number, long a, long b, long c, long d, long e) {
  register long which __asm__("x8") = number;
  register long first __asm__("x0") = a;
  register long second __asm__("x1") = b;
  register long third __asm__("x2") = c;
  register long fourth __asm__("x3") = d;
  register long fifth __asm__("x4") = e;
  __asm__ volatile("svc #0"
                   : "+r"(first)
                   : "r"(which), "r"(second), "r"(third), "r"(fourth), "r"(fifth)
                   : "memory");
  return first;
}
#else
#error "swrun's entry is not written for this architecture"
#endif

BARE static int is_same(const char *one, const char *other) {
  while (*one && *one == *other) one++, other++;
  return *one == *other;
}

BARE static int begins(const char *text, const char *start) {
  while (*start && *text == *start) text++, start++;
  return !*start;
}

BARE static int launches(char **words) {
  for (words++; *words; words++)
    if (is_same(*words, "create") || is_same(*words, "run") || is_same(*words, "exec")) return 1;
  return 0;
}

// Comes back only if the program could not be started.
BARE static void start_again(int copy, char **words, char **environment) {
  size_t variables = 0, count = 0;
  while (environment[variables]) variables++;
  char *changed[variables + 2];
  for (; *environment; environment++)
    if (!begins(*environment, CKERNEL_BACKTRACE_NAME "=")) changed[count++] = *environment;
  changed[count++] = CKERNEL_BACKTRACE_NAME "=" CKERNEL_NO_BACKTRACE;
  changed[count] = NULL;
  call(SYS_execveat, copy, (long)"", (long)words, (long)changed, AT_EMPTY_PATH);
}

// The Swift runtime finds the arguments there, and dies without a word of use.
BARE static void require_proc(void) {
  static const char complaint[] =
      "swrun: there is no procfs at /proc: mount one there (mount -t proc proc /proc)\n";
  struct statfs of_proc;
  if (call(SYS_statfs, (long)"/proc", (long)&of_proc, 0, 0, 0) == 0 &&
      of_proc.f_type == PROC_SUPER_MAGIC)
    return;
  call(SYS_write, 2, (long)complaint, sizeof complaint - 1, 0, 0);
  call(SYS_exit_group, 1, 0, 0, 0, 0);
}

BARE __attribute__((used)) void ckernel_protect_at_entry(long *stack) {
  char **words = (char **)(stack + 1);
  char **environment = words + *stack + 1;
  const unsigned long marks = ST_RDONLY | CKERNEL_ST_NOSYMFOLLOW;
  struct statfs of_binary;
  // Outside of procfs self/exe is a file like any other, which could lead here again and again.
  require_proc();
  if (*stack < 1 || !launches(words) || call(SYS_geteuid, 0, 0, 0, 0, 0) != 0) return;
  int binary = (int)call(SYS_openat, AT_FDCWD, (long)"/proc/self/exe", O_PATH | O_CLOEXEC, 0, 0);
  if (binary < 0) return;
  if (call(SYS_fstatfs, binary, (long)&of_binary, 0, 0, 0) == 0 &&
      (of_binary.f_flags & marks) != marks) {
    struct mount_attr attributes;
    attributes.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSYMFOLLOW;
    attributes.attr_clr = attributes.propagation = attributes.userns_fd = 0;
    int copy = (int)call(SYS_open_tree, binary, (long)"",
                         OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH, 0, 0);
    if (copy >= 0 && call(SYS_mount_setattr, copy, (long)"", AT_EMPTY_PATH, (long)&attributes,
                          sizeof attributes) == 0)
      start_again(copy, words, environment);
    if (copy >= 0) call(SYS_close, copy, 0, 0, 0, 0);
  }
  call(SYS_close, binary, 0, 0, 0, 0);
}
