// What Swift cannot call: system calls that glibc does not wrap, variadic ones, macros with
// arguments, and the last yard of init (final_exec.c).
//
// One function, one system call, the same order of arguments; -1 and errno on failure. Types are
// plain int and const char *: a POSIX typedef here would change where Swift thinks that it is from.

#ifndef CKERNEL_H
#define CKERNEL_H

#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/vfs.h>
#include <sys/xattr.h>

// clone3(2). pidfd and cgroup are used only where flags ask for them.
long ckernel_clone3(unsigned long long flags, int exit_signal, int cgroup, int *pidfd);

// A child that does nothing but be there, in no namespace or cgroup of its own, until it is killed or
// its parent ends.
int ckernel_placeholder(int *pidfd);

// A child that is born in a cgroup and ends at once: whether clone3(2) can do that. Its exit signal is
// 0, so it is waited for with __WCLONE.
int ckernel_try_cgroup(int cgroup);

// pidfd_open(2), pidfd_send_signal(2), waitid(2) with P_PIDFD.
int ckernel_pidfd_open(int pid, unsigned int flags);
int ckernel_pidfd_send_signal(int pidfd, int signal);

// openat2(2); O_CLOEXEC is the caller's to give.
int ckernel_openat2(int directory, const char *path, unsigned long long flags,
                    unsigned long long mode, unsigned long long resolve);

// open_tree(2), move_mount(2), mount_setattr(2), fsopen(2), fsconfig(2), fsmount(2).
int ckernel_open_tree(int directory, const char *path, unsigned int flags);
int ckernel_move_mount(int from, const char *from_path, int to, const char *to_path,
                       unsigned int flags);
int ckernel_mount_setattr(int directory, const char *path, unsigned int flags,
                          unsigned long long set, unsigned long long clear,
                          unsigned long long propagation);
int ckernel_fsopen(const char *type, unsigned int flags);
int ckernel_fsconfig(int context, unsigned int command, const char *key, const char *value, int aux);
int ckernel_fsmount(int context, unsigned int flags, unsigned int attributes);

// pivot_root(2).
int ckernel_pivot_root(const char *new_root, const char *put_old);

// prctl(2), with the arguments that a command does not use as zeroes.
int ckernel_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d);
int ckernel_prctl_name(const char *name);

// keyctl(2): KEYCTL_JOIN_SESSION_KEYRING, KEYCTL_DESCRIBE.
int ckernel_join_session_keyring(const char *name);
int ckernel_describe_key(int key, char *description, unsigned long capacity);

// ioctl_nsfs(2): NS_GET_USERNS.
int ckernel_namespace_owner(int space);

// ioctl(2): a terminal's size, its controlling process, its peer, what a pipe holds, and a network link
// set up.
int ckernel_set_window_size(int terminal, unsigned short rows, unsigned short columns);
int ckernel_window_size(int terminal, unsigned short *rows, unsigned short *columns);
int ckernel_set_controlling_terminal(int terminal);
int ckernel_open_terminal_peer(int master, int flags);
int ckernel_unlock_terminal(int master);
int ckernel_unread(int file, int *count);
int ckernel_set_link_up(const char *link);

// sendmsg(2), recvmsg(2) of one datagram with at most one descriptor. descriptor is -1 for none.
long ckernel_send(int socket, const void *bytes, unsigned long count, int descriptor);
long ckernel_receive(int socket, void *bytes, unsigned long capacity, int *descriptor);

// A datagram connection to a path of 107 bytes at most, or to an abstract name of unix(7).
int ckernel_connect_unix_datagram(const char *name, int is_abstract);

// A datagram socket at a path that is not taken, for everybody to send to; neither it nor a read of it
// ever waits.
int ckernel_bind_unix_datagram(const char *path);

// A stream connection to the same, with a limit in milliseconds, on this call and on each write; EAGAIN
// when it is over.
int ckernel_connect_unix_within(const char *name, int is_abstract, int milliseconds);

// fcntl(2): F_SETFD, F_DUPFD_CLOEXEC, F_SETFL, F_GETFL.
int ckernel_set_close_on_exec(int descriptor, int on);
int ckernel_duplicate(int descriptor);
int ckernel_set_nonblocking(int descriptor);
int ckernel_status_flags(int descriptor);
int ckernel_is_open(int descriptor);

// close_range(2) with both ends, and with CLOSE_RANGE_CLOEXEC to the last descriptor.
int ckernel_close_range(unsigned int first, unsigned int last);
int ckernel_close_range_on_exec(unsigned int first);

// fexecve by execveat(2) with AT_EMPTY_PATH.
int ckernel_exec_descriptor(int descriptor, char *const arguments[], char *const environment[]);

// setgroups(2), setresuid(2), setresgid(2): the raw calls of a single thread.
int ckernel_set_groups(const unsigned int *groups, unsigned long count);
int ckernel_set_user(unsigned int id);
int ckernel_set_group(unsigned int id);

// device numbers: makedev(3), major(3), minor(3).
unsigned long long ckernel_device(unsigned int major, unsigned int minor);
unsigned int ckernel_device_major(unsigned long long device);
unsigned int ckernel_device_minor(unsigned long long device);

// Of statfs(2), since Linux 5.10: glibc's headers lack it.
#define CKERNEL_ST_NOSYMFOLLOW 0x2000

// Keeps the Swift runtime of the next program from looking for its crash reporter. The path of a
// binary on a detached mount is "/", from which the runtime would go on to ./swift-backtrace: a file
// of whatever directory swrun is called in, executed as root.
#define CKERNEL_BACKTRACE_NAME "SWIFT_BACKTRACE"
#define CKERNEL_NO_BACKTRACE "enable=no,swift-backtrace=/nonexistent"
int ckernel_forbid_backtrace(void);

// sigaction(2) for the signals that ask for an end, so that they interrupt the call at hand; and the
// one that has come since the last look, 0 for none: see interrupt.c.
int ckernel_note_interruptions(void);
int ckernel_take_interruption(void);

// The environment of the process, environ(7).
char **ckernel_environment(void);

// What is left to do once a filter may forbid what Swift's runtime calls: see final_exec.c.
struct ckernel_final {
  const char *const *candidates;  // absolute paths to try in order, ended by a null pointer
  char *const *arguments;
  char *const *environment;
  unsigned long long effective, permitted, inheritable, ambient;
  int no_new_privileges;          // the filter is loaded after the wait, and before it otherwise
  const void *filter;             // a struct sock_filter array, or a null pointer
  unsigned short filter_length;   // in instructions
  unsigned int filter_flags;      // seccomp(2) flags
  int start;                      // the descriptor to read one byte from, -1 for no wait
  int failure;                    // where a frame goes when a call fails
  int first_closed;               // this descriptor and all above it get close-on-exec
  // Where the filter's listener goes, as one datagram or write: -1 for a filter without one. In the
  // message are ten spaces at `listener_pid` for the id of the process.
  int listener;
  char *message;
  unsigned long message_length;
  unsigned long listener_pid;
  int pid;                        // as the creator sees it; 0 where the last yard has to find out
  // For ckernel_final_tenant alone:
  int is_sibling;                 // the program is a new child of this process's parent
  int takes_terminal;             // standard input becomes the controlling terminal
  int confines_late;              // ckernel_final_confine has been left to the last yard
  int announces_pid;              // LISTEN_PID=, with room for ten digits, is given the tenant's pid
};

// What final_exec writes to `failure` when it can't go on: `step` is 1 capabilities, 2 filter,
// 3 the wait for start, 4 exec, 5 the birth of a tenant, 6 its session, 7 its terminal, 8 the
// hand-over of the filter's listener. Of the name, which is the program's where exec failed, only as
// much is written as there is.
struct ckernel_final_failure {
  unsigned char tag;
  unsigned char step;
  unsigned short reserved;
  int code;
  char name[512];
};

_Noreturn void ckernel_final_exec(const struct ckernel_final *plan);

// The same for a tenant: with a session of its own, and where `is_sibling` is set as a child of this
// process's parent, whose pid goes to `failure` as 'I' and four bytes; this process ends then.
_Noreturn void ckernel_final_tenant(struct ckernel_final *plan);

// The part of it before the wait for start: final capabilities, and the filter where privileges may
// still be gained later. Returns 0, or the failed step with errno in *code.
int ckernel_final_confine(const struct ckernel_final *plan, int *code);

// What a process is confined by: prlimit(2) of itself, ioprio_set(2), sched_setattr(2),
// personality(2), and keyctl(2) KEYCTL_SETPERM.
int ckernel_set_limit(int pid, unsigned int resource, unsigned long long soft,
                      unsigned long long hard);
int ckernel_set_io_priority(int value);
int ckernel_set_scheduler(unsigned int policy, unsigned long long flags, int nice,
                          unsigned int priority, unsigned long long runtime,
                          unsigned long long deadline, unsigned long long period);
int ckernel_set_personality(unsigned long persona);
int ckernel_set_key_permissions(int key, unsigned int mask);

// sched_setaffinity(2) and set_mempolicy(2) of this process, with masks of 64-bit words; and
// mount_setattr(2) with MOUNT_ATTR_IDMAP, which takes the ids of a user namespace.
int ckernel_set_affinity(const void *mask, unsigned long bytes);
int ckernel_set_memory_policy(unsigned int mode, const void *nodes, unsigned long bits);
int ckernel_map_mount(int mount, int user_namespace, int recursive);

// A socket of rtnetlink(7) in the network namespace of this process.
int ckernel_open_route_socket(void);

// landlock(7): the version of the kernel's interface, a ruleset, its rules, and restricting oneself.
int ckernel_landlock_version(void);
int ckernel_landlock_create(unsigned long long files, unsigned long long ports);
int ckernel_landlock_add_path(int ruleset, unsigned long long access, int path);
int ckernel_landlock_add_port(int ruleset, unsigned long long access, unsigned long long port);
int ckernel_landlock_restrict(int ruleset);

// bpf(2), for programs of type BPF_PROG_TYPE_CGROUP_DEVICE and the map that they look devices up in:
// 12 bytes of key, 4 of value.
int ckernel_bpf_make_device_table(unsigned int entries);
int ckernel_bpf_fill_map(int map, const void *keys, const void *values, unsigned int count);
int ckernel_bpf_freeze_map(int map);
int ckernel_bpf_is_own_program(int program);
int ckernel_bpf_load_device(const void *instructions, unsigned int count);
int ckernel_bpf_attach_device(int cgroup, int program, int replaced);
int ckernel_bpf_detach_device(int cgroup, int program);
int ckernel_bpf_query_device(int cgroup, unsigned int *ids, unsigned int *count);
int ckernel_bpf_open_program(unsigned int id);

#endif
