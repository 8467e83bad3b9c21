// Where a process runs and what it may reach: processors, memory nodes, ids of a mount, and paths.
#include "CKernel.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/netlink.h>

int ckernel_set_affinity(const void *mask, unsigned long bytes) {
  return (int)syscall(SYS_sched_setaffinity, 0, bytes, mask);
}

int ckernel_set_memory_policy(unsigned int mode, const void *nodes, unsigned long bits) {
  return (int)syscall(SYS_set_mempolicy, mode, nodes, bits);
}

int ckernel_map_mount(int mount, int user_namespace, int recursive) {
  struct mount_attr attributes = {.attr_set = MOUNT_ATTR_IDMAP,
                                  .userns_fd = (unsigned long long)user_namespace};
  return (int)syscall(SYS_mount_setattr, mount, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0),
                      &attributes, sizeof attributes);
}

// Connected to port 0, the kernel's: it takes messages of nobody else then, who in a network namespace
// with processes of others could answer in the kernel's place.
int ckernel_open_route_socket(void) {
  struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
  int made = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (made >= 0 && connect(made, (struct sockaddr *)&kernel, sizeof kernel) != 0) {
    int failure = errno;
    close(made);
    errno = failure;
    return -1;
  }
  return made;
}

int ckernel_landlock_version(void) {
  return (int)syscall(SYS_landlock_create_ruleset, (void *)0, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

int ckernel_landlock_create(unsigned long long files, unsigned long long ports) {
  // Debian 12's header knows the first member alone; a kernel without the second takes zeroes for it.
  unsigned long long attributes[2] = {files, ports};
  return (int)syscall(SYS_landlock_create_ruleset, attributes, sizeof attributes, 0);
}

int ckernel_landlock_add_path(int ruleset, unsigned long long access, int path) {
  struct landlock_path_beneath_attr rule = {.allowed_access = access, .parent_fd = path};
  return (int)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

int ckernel_landlock_add_port(int ruleset, unsigned long long access, unsigned long long port) {
  unsigned long long rule[2] = {access, port};  // struct landlock_net_port_attr
  return (int)syscall(SYS_landlock_add_rule, ruleset, 2 /* LANDLOCK_RULE_NET_PORT */, rule, 0);
}

int ckernel_landlock_restrict(int ruleset) {
  return (int)syscall(SYS_landlock_restrict_self, ruleset, 0);
}
