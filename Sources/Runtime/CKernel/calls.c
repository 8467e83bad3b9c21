#include "CKernel.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <linux/keyctl.h>
#include <linux/nsfs.h>
#include <linux/sched.h>
#include <net/if.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

long ckernel_clone3(unsigned long long flags, int exit_signal, int cgroup, int *pidfd) {
  struct clone_args arguments = {
      .flags = flags,
      .pidfd = (unsigned long long)pidfd,
      .exit_signal = (unsigned long long)exit_signal,
      .cgroup = (unsigned long long)cgroup,
  };
  return syscall(SYS_clone3, &arguments, sizeof arguments);
}

int ckernel_pidfd_open(int pid, unsigned int flags) {
  return (int)syscall(SYS_pidfd_open, pid, flags);
}

int ckernel_pidfd_send_signal(int pidfd, int signal) {
  return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, (void *)0, 0);
}

int ckernel_openat2(int directory, const char *path, unsigned long long flags,
                    unsigned long long mode, unsigned long long resolve) {
  struct open_how how = {.flags = flags, .mode = mode, .resolve = resolve};
  return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

int ckernel_open_tree(int directory, const char *path, unsigned int flags) {
  return (int)syscall(SYS_open_tree, directory, path, flags);
}

int ckernel_move_mount(int from, const char *from_path, int to, const char *to_path,
                       unsigned int flags) {
  return (int)syscall(SYS_move_mount, from, from_path, to, to_path, flags);
}

int ckernel_mount_setattr(int directory, const char *path, unsigned int flags,
                          unsigned long long set, unsigned long long clear,
                          unsigned long long propagation) {
  struct mount_attr attributes = {.attr_set = set, .attr_clr = clear, .propagation = propagation};
  return (int)syscall(SYS_mount_setattr, directory, path, flags, &attributes, sizeof attributes);
}

int ckernel_fsopen(const char *type, unsigned int flags) {
  return (int)syscall(SYS_fsopen, type, flags);
}

int ckernel_fsconfig(int context, unsigned int command, const char *key, const char *value,
                     int aux) {
  return (int)syscall(SYS_fsconfig, context, command, key, value, aux);
}

int ckernel_fsmount(int context, unsigned int flags, unsigned int attributes) {
  return (int)syscall(SYS_fsmount, context, flags, attributes);
}

int ckernel_pivot_root(const char *new_root, const char *put_old) {
  return (int)syscall(SYS_pivot_root, new_root, put_old);
}

int ckernel_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d) {
  return prctl(option, a, b, c, d);
}

int ckernel_prctl_name(const char *name) { return prctl(PR_SET_NAME, name, 0, 0, 0); }

int ckernel_join_session_keyring(const char *name) {
  return (int)syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, name);
}

int ckernel_describe_key(int key, char *description, unsigned long capacity) {
  return (int)syscall(SYS_keyctl, KEYCTL_DESCRIBE, key, description, capacity);
}

int ckernel_namespace_owner(int space) { return ioctl(space, NS_GET_USERNS); }

int ckernel_set_window_size(int terminal, unsigned short rows, unsigned short columns) {
  struct winsize size = {.ws_row = rows, .ws_col = columns};
  return ioctl(terminal, TIOCSWINSZ, &size);
}

int ckernel_window_size(int terminal, unsigned short *rows, unsigned short *columns) {
  struct winsize size = {0};
  if (ioctl(terminal, TIOCGWINSZ, &size) < 0) return -1;
  *rows = size.ws_row;
  *columns = size.ws_col;
  return 0;
}

int ckernel_set_controlling_terminal(int terminal) { return ioctl(terminal, TIOCSCTTY, 0); }

int ckernel_open_terminal_peer(int master, int flags) { return ioctl(master, TIOCGPTPEER, flags); }

int ckernel_unlock_terminal(int master) {
  int locked = 0;
  return ioctl(master, TIOCSPTLCK, &locked);
}

int ckernel_unread(int file, int *count) { return ioctl(file, FIONREAD, count); }

int ckernel_set_link_up(const char *link) {
  int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (s < 0) return -1;
  struct ifreq request = {0};
  strncpy(request.ifr_name, link, IFNAMSIZ - 1);
  int result = ioctl(s, SIOCGIFFLAGS, &request);
  if (result == 0) {
    request.ifr_flags |= IFF_UP | IFF_RUNNING;
    result = ioctl(s, SIOCSIFFLAGS, &request);
  }
  int saved = errno;
  close(s);
  errno = saved;
  return result;
}

long ckernel_send(int socket, const void *bytes, unsigned long count, int descriptor) {
  struct iovec data = {.iov_base = (void *)bytes, .iov_len = count};
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
  } control = {0};
  struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
  if (descriptor >= 0) {
    message.msg_control = &control;
    message.msg_controllen = sizeof control;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
  }
  return sendmsg(socket, &message, MSG_NOSIGNAL);
}

long ckernel_receive(int socket, void *bytes, unsigned long capacity, int *descriptor) {
  struct iovec data = {.iov_base = bytes, .iov_len = capacity};
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
  } control = {0};
  struct msghdr message = {.msg_iov = &data,
                           .msg_iovlen = 1,
                           .msg_control = &control,
                           .msg_controllen = sizeof control};
  *descriptor = -1;
  long count = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  if (count < 0) return count;
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
      header->cmsg_len == CMSG_LEN(sizeof(int)))
    memcpy(descriptor, CMSG_DATA(header), sizeof *descriptor);
  if (message.msg_flags & MSG_TRUNC) {
    errno = EMSGSIZE;
    return -1;
  }
  return count;
}

static int connect_unix(const char *name, int type, int is_abstract, int milliseconds) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  size_t length = strlen(name);
  if (length + 1 > sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  // An abstract name begins with a NUL and ends with the address; a path ends with a NUL.
  memcpy(address.sun_path + (is_abstract ? 1 : 0), name, length);
  socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + 1);
  int s = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
  if (s < 0) return -1;
  struct timeval limit = {.tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000};
  if ((milliseconds > 0 && setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) < 0) ||
      connect(s, (struct sockaddr *)&address, size) < 0) {
    int saved = errno;
    close(s);
    errno = saved;
    return -1;
  }
  return s;
}

int ckernel_connect_unix_datagram(const char *name, int is_abstract) {
  return connect_unix(name, SOCK_DGRAM, is_abstract, 0);
}

int ckernel_bind_unix_datagram(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  strcpy(address.sun_path, path);
  int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (s < 0) return -1;
  // The mode is given at birth: by its name later on somebody else's file might get it.
  mode_t mask = umask(0111);
  int result = bind(s, (struct sockaddr *)&address, sizeof address), saved = errno;
  umask(mask);
  if (result == 0) return s;
  close(s);
  errno = saved;
  return -1;
}

int ckernel_connect_unix_within(const char *name, int is_abstract, int milliseconds) {
  return connect_unix(name, SOCK_STREAM, is_abstract, milliseconds);
}

int ckernel_set_close_on_exec(int descriptor, int on) {
  return fcntl(descriptor, F_SETFD, on ? FD_CLOEXEC : 0);
}

int ckernel_exec_descriptor(int descriptor, char *const arguments[], char *const environment[]) {
  return (int)syscall(SYS_execveat, descriptor, "", arguments, environment, AT_EMPTY_PATH);
}

int ckernel_set_groups(const unsigned int *groups, unsigned long count) {
  return (int)syscall(SYS_setgroups, count, groups);
}

int ckernel_set_user(unsigned int id) { return (int)syscall(SYS_setresuid, id, id, id); }

int ckernel_set_group(unsigned int id) { return (int)syscall(SYS_setresgid, id, id, id); }

unsigned long long ckernel_device(unsigned int major, unsigned int minor) {
  return makedev(major, minor);
}

unsigned int ckernel_device_major(unsigned long long device) { return major(device); }

unsigned int ckernel_device_minor(unsigned long long device) { return minor(device); }

int ckernel_forbid_backtrace(void) {
  return setenv(CKERNEL_BACKTRACE_NAME, CKERNEL_NO_BACKTRACE, 1);
}

extern char **environ;

char **ckernel_environment(void) { return environ; }

int ckernel_set_nonblocking(int descriptor) {
  int flags = fcntl(descriptor, F_GETFL);
  return flags < 0 ? -1 : fcntl(descriptor, F_SETFL, flags | O_NONBLOCK);
}

int ckernel_status_flags(int descriptor) { return fcntl(descriptor, F_GETFL); }

int ckernel_duplicate(int descriptor) { return fcntl(descriptor, F_DUPFD_CLOEXEC, 3); }

int ckernel_is_open(int descriptor) { return fcntl(descriptor, F_GETFD) >= 0; }

int ckernel_close_range(unsigned int first, unsigned int last) {
  return (int)syscall(SYS_close_range, first, last, 0);
}

int ckernel_close_range_on_exec(unsigned int first) {
  return (int)syscall(SYS_close_range, first, ~0U, CLOSE_RANGE_CLOEXEC);
}
