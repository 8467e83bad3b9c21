// SPDX-License-Identifier: Apache-2.0
//
// What the kernel itself takes for one container: the namespaces, mounts, device nodes, masks,
// pivot_root and execve of the default config.json, with every argument known at compile time,
// nothing parsed, nothing checked, no state, no cgroup. No runtime can be faster; the bench tells how
// much slower each one is.
//
//   floor ROOTFS PROGRAM [ARGUMENT...]     as root; exits as the program does
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

static void must(long result, const char *what) {
  if (result >= 0) return;
  perror(what);
  _exit(125);
}

static const struct {
  const char *type, *target, *data;
  unsigned long flags;
} mounts[] = {
    {"proc", "proc", NULL, 0},
    {"tmpfs", "dev", "mode=755,size=65536k", MS_NOSUID | MS_STRICTATIME},
    {"devpts", "dev/pts", "newinstance,ptmxmode=0666,mode=0620,gid=5", MS_NOSUID | MS_NOEXEC},
    {"tmpfs", "dev/shm", "mode=1777,size=65536k", MS_NOSUID | MS_NOEXEC | MS_NODEV},
    {"mqueue", "dev/mqueue", NULL, MS_NOSUID | MS_NOEXEC | MS_NODEV},
    {"sysfs", "sys", NULL, MS_NOSUID | MS_NOEXEC | MS_NODEV | MS_RDONLY},
    {"cgroup2", "sys/fs/cgroup", NULL,
     MS_NOSUID | MS_NOEXEC | MS_NODEV | MS_RELATIME | MS_RDONLY},
};

static const struct {
  const char *path;
  int major, minor;
} devices[] = {{"dev/null", 1, 3},   {"dev/zero", 1, 5},    {"dev/full", 1, 7},
               {"dev/random", 1, 8}, {"dev/urandom", 1, 9}, {"dev/tty", 5, 0}};

static const char *const links[][2] = {{"pts/ptmx", "dev/ptmx"},
                                       {"/proc/self/fd", "dev/fd"},
                                       {"/proc/self/fd/0", "dev/stdin"},
                                       {"/proc/self/fd/1", "dev/stdout"},
                                       {"/proc/self/fd/2", "dev/stderr"}};

static const char *const masked[] = {"proc/acpi",       "proc/asound",      "proc/kcore",
                                     "proc/keys",       "proc/latency_stats", "proc/timer_list",
                                     "proc/timer_stats", "proc/sched_debug", "sys/firmware",
                                     "proc/scsi"};

static const char *const fixed[] = {"proc/bus", "proc/fs", "proc/irq", "proc/sys",
                                    "proc/sysrq-trigger"};

static void mount_everything(const char *rootfs) {
  must(mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL), "make / slave");
  must(mount(rootfs, rootfs, NULL, MS_BIND | MS_REC, NULL), "bind the root");
  must(chdir(rootfs), "enter the root");
  for (unsigned i = 0; i < COUNT(mounts); i++) {
    if (i > 1 && i < 5) mkdir(mounts[i].target, 0755);
    must(mount(mounts[i].type, mounts[i].target, mounts[i].type, mounts[i].flags, mounts[i].data),
         mounts[i].target);
  }
}

static void fill_dev(void) {
  for (unsigned i = 0; i < COUNT(devices); i++)
    must(mknod(devices[i].path, S_IFCHR | 0666, makedev(devices[i].major, devices[i].minor)),
         devices[i].path);
  for (unsigned i = 0; i < COUNT(links); i++) must(symlink(links[i][0], links[i][1]), links[i][1]);
}

static void hide_and_protect(void) {
  struct stat about;
  for (unsigned i = 0; i < COUNT(masked); i++) {
    if (stat(masked[i], &about) < 0) continue;
    if (S_ISDIR(about.st_mode))
      must(mount("tmpfs", masked[i], "tmpfs", MS_RDONLY, NULL), masked[i]);
    else
      must(mount("/dev/null", masked[i], NULL, MS_BIND, NULL), masked[i]);
  }
  for (unsigned i = 0; i < COUNT(fixed); i++)
    if (mount(fixed[i], fixed[i], NULL, MS_BIND | MS_REC, NULL) == 0)
      must(mount(NULL, fixed[i], NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL), fixed[i]);
}

static void become_the_container(char **words) {
  mount_everything(words[1]);
  fill_dev();
  hide_and_protect();
  must(syscall(SYS_pivot_root, ".", "."), "pivot_root");
  must(umount2(".", MNT_DETACH), "leave the old root");
  must(chdir("/"), "chdir /");
  must(sethostname("floor", 5), "sethostname");
  must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
  execv(words[2], words + 2);
  must(-1, words[2]);
}

int main(int count, char **words) {
  if (count < 3) {
    fprintf(stderr, "usage: floor ROOTFS PROGRAM [ARGUMENT...]\n");
    return 2;
  }
  struct clone_args arguments = {
      .flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET |
               CLONE_NEWCGROUP,
      .exit_signal = SIGCHLD,
  };
  long child = syscall(SYS_clone3, &arguments, sizeof arguments);
  must(child, "clone3");
  if (child == 0) become_the_container(words);
  int status;
  must(waitpid((pid_t)child, &status, 0), "waitpid");
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
