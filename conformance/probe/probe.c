// SPDX-License-Identifier: Apache-2.0
//
// The container's process in the conformance suite. It looks at the world from inside and prints
// facts, one a line, as `key=value`; nothing is judged here. Linked statically, so that it runs in an
// empty rootfs. Each word on the command line is a subject (see `subjects` and `commands` below):
//
//   probe identity caps mounts          several subjects without arguments, in that order
//   probe masked /proc/kcore /sys/...   a command, which takes the rest of the line
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

// Reading what the kernel says.

static const char *error_name(int number) {
  const char *name = strerrorname_np(number);
  return name ? name : "UNKNOWN";
}

/// The file's content without trailing white space, or "!ERRNO". Valid until the next call.
static const char *content(const char *path) {
  static char text[1 << 16];
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    snprintf(text, sizeof text, "!%s", error_name(errno));
    return text;
  }
  ssize_t size = read(file, text, sizeof text - 1);
  if (size < 0) {
    snprintf(text, sizeof text, "!%s", error_name(errno));
  } else {
    while (size > 0 && (text[size - 1] == '\n' || text[size - 1] == ' ')) size--;
    text[size] = 0;
  }
  close(file);
  return text;
}

/// One field of /proc/self/status as the kernel writes it.
static const char *status_field(const char *name) {
  static char value[4096];
  FILE *file = fopen("/proc/self/status", "re");
  snprintf(value, sizeof value, "!absent");
  if (!file) return "!unreadable";
  char line[8192];
  size_t length = strlen(name);
  while (fgets(line, sizeof line, file)) {
    if (strncmp(line, name, length) != 0 || line[length] != ':') continue;
    char *start = line + length + 1;
    start += strspn(start, " \t");
    start[strcspn(start, "\n")] = 0;
    size_t end = strlen(start);
    while (end > 0 && (start[end - 1] == ' ' || start[end - 1] == '\t')) start[--end] = 0;
    snprintf(value, sizeof value, "%s", start);
  }
  fclose(file);
  return value;
}

static int by_text(const void *left, const void *right) {
  return strcmp(*(char *const *)left, *(char *const *)right);
}

// Subjects: they take no arguments.

static void identity(void) {
  uid_t ruid, euid, suid;
  gid_t rgid, egid, sgid, groups[256];
  getresuid(&ruid, &euid, &suid);
  getresgid(&rgid, &egid, &sgid);
  printf("uid=%u %u %u %u\n", ruid, euid, suid, (unsigned)setfsuid(-1));
  printf("gid=%u %u %u %u\n", rgid, egid, sgid, (unsigned)setfsgid(-1));
  int count = getgroups(256, groups);
  printf("groups=");
  for (int i = 0; i < count; i++) printf("%s%u", i ? " " : "", groups[i]);
  printf("\n");
  mode_t mask = umask(0);
  umask(mask);
  printf("umask=%04o\n", mask);
  printf("pid=%d\nppid=%d\n", getpid(), getppid());
  printf("session_leader=%s\n", getsid(0) == getpid() ? "yes" : "no");
  printf("group_leader=%s\n", getpgrp() == getpid() ? "yes" : "no");
}

static void caps(void) {
  static const char *const sets[] = {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"};
  for (int i = 0; i < 5; i++) printf("%s=%s\n", sets[i], status_field(sets[i]));
  printf("NoNewPrivs=%s\n", status_field("NoNewPrivs"));
  printf("securebits=%d\n", prctl(PR_GET_SECUREBITS));
}

/// A word list sorted, so that two kernels' or runtimes' orders compare equal.
static void sorted_options(char *list, char *out, size_t size) {
  char *words[128], *state = NULL;
  int count = 0;
  for (char *w = strtok_r(list, ",", &state); w && count < 128; w = strtok_r(NULL, ",", &state))
    words[count++] = w;
  qsort(words, count, sizeof *words, by_text);
  size_t used = 0;
  out[0] = 0;
  for (int i = 0; i < count && used < size; i++)
    used += snprintf(out + used, size - used, "%s%s", i ? "," : "", words[i]);
}

/// mount:TARGET=FSTYPE mount-options / super-options propagation, in the order of mounting.
static void mounts(void) {
  FILE *file = fopen("/proc/self/mountinfo", "re");
  if (!file) {
    printf("mounts=!%s\n", error_name(errno));
    return;
  }
  char *line = NULL;
  size_t capacity = 0;
  while (getline(&line, &capacity, file) > 0) {
    char target[4096], own[1024], rest[4096], type[64], super[4096] = "";
    int at = 0;
    if (sscanf(line, "%*d %*d %*u:%*u %*s %4095s %1023s %n", target, own, &at) < 2) continue;
    snprintf(rest, sizeof rest, "%s", line + at);
    char *dash = strncmp(rest, "- ", 2) == 0 ? rest : strstr(rest, " - ");
    if (!dash) continue;
    const char *propagation = "private";
    if (strstr(rest, "shared:") && strstr(rest, "shared:") < dash) propagation = "shared";
    else if (strstr(rest, "master:") && strstr(rest, "master:") < dash) propagation = "slave";
    else if (strstr(rest, "unbindable") && strstr(rest, "unbindable") < dash) propagation = "unbindable";
    sscanf(dash + (dash == rest ? 2 : 3), "%63s %*s %4095s", type, super);
    char own_sorted[1024], super_sorted[4096];
    sorted_options(own, own_sorted, sizeof own_sorted);
    sorted_options(super, super_sorted, sizeof super_sorted);
    printf("mount:%s=%s %s / %s %s\n", target, type, own_sorted, super_sorted, propagation);
  }
  free(line);
  fclose(file);
}

static void seccomp_state(void) {
  printf("Seccomp=%s\n", status_field("Seccomp"));
  printf("Seccomp_filters=%s\n", status_field("Seccomp_filters"));
}

static void rlimits(void) {
  static const char *const names[] = {"CPU",     "FSIZE",  "DATA",       "STACK",    "CORE", "RSS",
                                      "NPROC",   "NOFILE", "MEMLOCK",    "AS",       "LOCKS",
                                      "SIGPENDING", "MSGQUEUE", "NICE", "RTPRIO", "RTTIME"};
  for (int i = 0; i < 16; i++) {
    struct rlimit limit;
    getrlimit(i, &limit);
    printf("rlimit:%s=%llu %llu\n", names[i], (unsigned long long)limit.rlim_cur,
           (unsigned long long)limit.rlim_max);
  }
}

static void environment(void) {
  for (char **entry = environ; *entry; entry++) printf("env:%s\n", *entry);
}

static void working_directory(void) {
  char path[4096];
  printf("cwd=%s\n", getcwd(path, sizeof path) ? path : error_name(errno));
}

static void names(void) {
  struct utsname uts;
  uname(&uts);
  printf("hostname=%s\ndomainname=%s\n", uts.nodename, uts.domainname);
}

static void namespaces(void) {
  static const char *const kinds[] = {"cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"};
  for (int i = 0; i < 8; i++) {
    char path[64], target[128];
    snprintf(path, sizeof path, "/proc/self/ns/%s", kinds[i]);
    ssize_t size = readlink(path, target, sizeof target - 1);
    target[size > 0 ? size : 0] = 0;
    printf("ns:%s=%s\n", kinds[i], target);
  }
  char text[4096];
  snprintf(text, sizeof text, "%s", content("/proc/self/uid_map"));
  for (char *c = text; *c; c++) if (*c == '\n') *c = ';';
  printf("uid_map=%s\n", text);
  snprintf(text, sizeof text, "%s", content("/proc/self/gid_map"));
  for (char *c = text; *c; c++) if (*c == '\n') *c = ';';
  printf("gid_map=%s\n", text);
  printf("setgroups=%s\n", content("/proc/self/setgroups"));
}

/// dev:PATH=c MAJOR:MINOR MODE UID:GID OPEN, or -> TARGET; one level below /dev, without ptys.
static void devices(void) {
  struct dirent **entries;
  int count = scandir("/dev", &entries, NULL, alphasort);
  if (count < 0) printf("dev=!%s\n", error_name(errno));
  for (int i = 0; i < count; i++) {
    char path[512], target[256];
    struct stat about;
    snprintf(path, sizeof path, "/dev/%s", entries[i]->d_name);
    if (entries[i]->d_name[0] == '.' || lstat(path, &about) < 0) continue;
    if (S_ISLNK(about.st_mode)) {
      ssize_t size = readlink(path, target, sizeof target - 1);
      target[size > 0 ? size : 0] = 0;
      printf("dev:%s=-> %s\n", path, target);
    } else if (S_ISCHR(about.st_mode) || S_ISBLK(about.st_mode) || S_ISFIFO(about.st_mode)) {
      char type = S_ISCHR(about.st_mode) ? 'c' : S_ISBLK(about.st_mode) ? 'b' : 'p';
      int file = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
      printf("dev:%s=%c %u:%u %04o %u:%u %s\n", path, type, major(about.st_rdev),
             minor(about.st_rdev), about.st_mode & 07777, about.st_uid, about.st_gid,
             file < 0 ? error_name(errno) : "opens");
      if (file >= 0) close(file);
    }
  }
}

/// Every descriptor but the one that lists them.
static void descriptors(void) {
  DIR *directory = opendir("/proc/self/fd");
  if (!directory) {
    printf("fd=!%s\n", error_name(errno));
    return;
  }
  for (struct dirent *entry; (entry = readdir(directory));) {
    int number = atoi(entry->d_name);
    if (entry->d_name[0] == '.' || number == dirfd(directory)) continue;
    char target[4096];
    ssize_t size = readlinkat(dirfd(directory), entry->d_name, target, sizeof target - 1);
    target[size > 0 ? size : 0] = 0;
    printf("fd:%d=%s\n", number, target);
  }
  closedir(directory);
}

static void cgroup(void) {
  char text[8192];
  snprintf(text, sizeof text, "%s", content("/proc/self/cgroup"));
  char *state = NULL;
  for (char *line = strtok_r(text, "\n", &state); line; line = strtok_r(NULL, "\n", &state))
    if (strncmp(line, "0::", 3) == 0) printf("cgroup=%s\n", line + 3);
}

static void knobs(void) {
  printf("oom_score_adj=%s\n", content("/proc/self/oom_score_adj"));
  printf("personality=%x\n", personality(0xffffffff));
  printf("dumpable=%d\n", prctl(PR_GET_DUMPABLE));
  int signal_number = 0;
  prctl(PR_GET_PDEATHSIG, &signal_number);
  printf("pdeathsig=%d\n", signal_number);
  printf("nice=%d\n", getpriority(PRIO_PROCESS, 0));
  printf("ioprio=%ld\n", syscall(SYS_ioprio_get, 1, 0));
  char description[512] = "";
  long size = syscall(SYS_keyctl, 6 /* KEYCTL_DESCRIBE */, -3 /* session */, description, 511);
  char *name = strrchr(description, ';');
  printf("keyring=%s\n", size < 0 ? error_name(errno) : name ? name + 1 : description);
}

/// What the modules of security say of this process, and of its session keyring.
static void labels(void) {
  printf("label=%s\n", content("/proc/self/attr/current"));
  printf("apparmor=%s\n", content("/proc/self/attr/apparmor/current"));
  char label[512] = "";
  long size = syscall(SYS_keyctl, 17 /* KEYCTL_GET_SECURITY */, -3 /* session */, label, 511);
  printf("keyring-label=%s\n", size < 0 ? error_name(errno) : label);
}

/// Without 32 and 33, which are glibc's own: its posix_spawn has them ignored in every child, so that
/// all that make starts has them so.
static void signals(void) {
  static const char *const sets[] = {"SigBlk", "SigIgn", "SigCgt", "SigPnd"};
  for (int i = 0; i < 4; i++)
    printf("%s=%016llx\n", sets[i], strtoull(status_field(sets[i]), NULL, 16) & ~(3ULL << 31));
}

static void tty(void) {
  for (int i = 0; i < 3; i++) {
    const char *name = ttyname(i);
    printf("tty:%d=%s\n", i, isatty(i) ? (name ? name : "yes") : "no");
  }
  struct winsize size = {0};
  if (ioctl(0, TIOCGWINSZ, &size) == 0) printf("winsize=%u %u\n", size.ws_row, size.ws_col);
  int controlling = open("/dev/tty", O_RDWR | O_CLOEXEC);
  printf("controlling=%s\n", controlling < 0 ? error_name(errno) : "yes");
  if (controlling >= 0) close(controlling);
  struct stat console;
  if (stat("/dev/console", &console) == 0)
    printf("console=%04o %u:%u\n", console.st_mode & 07777, console.st_uid, console.st_gid);
}

static void clocks(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  printf("clock:monotonic=%lld\n", (long long)now.tv_sec);
  clock_gettime(CLOCK_BOOTTIME, &now);
  printf("clock:boottime=%lld\n", (long long)now.tv_sec);
}

/// CPUs as /proc has them; the policy of memory and of the scheduler by the kernel's numbers.
static void placement(void) {
  printf("cpus=%s\n", status_field("Cpus_allowed_list"));
  int mode = -1;
  unsigned long nodes[16] = {0};
  long result = syscall(SYS_get_mempolicy, &mode, nodes, 1024UL, (void *)0, 0UL);
  if (result < 0) printf("memory=%s\n", error_name(errno));
  else printf("memory=%d %lx\n", mode, nodes[0]);
  struct {
    unsigned size, policy;
    unsigned long long flags;
    int nice;
    unsigned priority;
    unsigned long long runtime, deadline, period;
  } about = {.size = sizeof about};
  if (syscall(SYS_sched_getattr, 0, &about, sizeof about, 0) < 0)
    printf("scheduler=%s\n", error_name(errno));
  else
    printf("scheduler=%u nice %d priority %u flags %llx %llu %llu %llu\n", about.policy, about.nice,
           about.priority, about.flags, about.runtime, about.deadline, about.period);
}

static void root(void) {
  struct stat about;
  if (lstat("/", &about) == 0)
    printf("root=%04o %u:%u\n", about.st_mode & 07777, about.st_uid, about.st_gid);
  char path[4096];
  ssize_t size = readlink("/proc/self/exe", path, sizeof path - 1);
  path[size > 0 ? size : 0] = 0;
  printf("exe=%s\n", path);
}

static const struct {
  const char *name;
  void (*print)(void);
} subjects[] = {
    {"identity", identity}, {"caps", caps},         {"mounts", mounts},
    {"seccomp", seccomp_state}, {"rlimits", rlimits}, {"env", environment},
    {"cwd", working_directory}, {"names", names},   {"namespaces", namespaces},
    {"devices", devices},   {"fds", descriptors},   {"cgroup", cgroup},
    {"knobs", knobs},       {"signals", signals},   {"tty", tty},
    {"root", root},         {"clocks", clocks},     {"placement", placement},
    {"labels", labels},
};

// Commands: they take the rest of the line.

/// read:PATH=absent | empty | bytes | directory:COUNT | ERRNO, and how it is mounted over.
static int masked(char **paths) {
  for (; *paths; paths++) {
    struct stat about;
    if (stat(*paths, &about) < 0) {
      printf("read:%s=%s\n", *paths, errno == ENOENT ? "absent" : error_name(errno));
    } else if (S_ISDIR(about.st_mode)) {
      DIR *directory = opendir(*paths);
      int count = 0;
      for (struct dirent *entry; directory && (entry = readdir(directory));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) count++;
      if (directory) closedir(directory);
      printf("read:%s=%s\n", *paths, !directory ? error_name(errno) : count ? "directory" : "empty");
    } else {
      char byte;
      int file = open(*paths, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
      ssize_t size = file < 0 ? -1 : read(file, &byte, 1);
      printf("read:%s=%s\n", *paths, size < 0 ? error_name(errno) : size ? "bytes" : "empty");
      if (file >= 0) close(file);
    }
  }
  return 0;
}

/// write:PATH=ok | ERRNO: a file is opened for writing, in a directory one is made and removed.
static int writable(char **paths) {
  for (; *paths; paths++) {
    struct stat about;
    char path[4096];
    int file;
    if (stat(*paths, &about) == 0 && S_ISDIR(about.st_mode)) {
      snprintf(path, sizeof path, "%s/probe-%d", *paths, getpid());
      file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
      if (file >= 0) unlink(path);
    } else {
      file = open(*paths, O_WRONLY | O_APPEND | O_CLOEXEC | O_NONBLOCK);
    }
    printf("write:%s=%s\n", *paths, file < 0 ? error_name(errno) : "ok");
    if (file >= 0) close(file);
  }
  return 0;
}

static int print_files(char **paths) {
  for (; *paths; paths++) printf("file:%s=%s\n", *paths, content(*paths));
  return 0;
}

/// stat:PATH=TYPE MODE UID:GID SIZE, without following a link.
static int print_stat(char **paths) {
  for (; *paths; paths++) {
    struct stat about;
    if (lstat(*paths, &about) < 0) {
      printf("stat:%s=%s\n", *paths, error_name(errno));
      continue;
    }
    static const char types[] = "?pc?d?b?-?l?s???";
    printf("stat:%s=%c %04o %u:%u\n", *paths, types[(about.st_mode >> 12) & 15],
           about.st_mode & 07777, about.st_uid, about.st_gid);
  }
  return 0;
}

static int sysctls(char **keys) {
  for (; *keys; keys++) {
    char path[512];
    snprintf(path, sizeof path, "/proc/sys/%s", *keys);
    for (char *c = path + 10; *c; c++)
      if (*c == '.') *c = '/';
    printf("sysctl:%s=%s\n", *keys, content(path));
  }
  return 0;
}

static const struct {
  const char *name;
  long number;
} calls[] = {
    {"getcwd", SYS_getcwd},       {"getpid", SYS_getpid},
    {"getppid", SYS_getppid},     {"kill", SYS_kill},
    {"mkdirat", SYS_mkdirat},     {"unlinkat", SYS_unlinkat},
    {"fchmodat", SYS_fchmodat},   {"sethostname", SYS_sethostname},
    {"mount", SYS_mount},         {"umount2", SYS_umount2},
    {"unshare", SYS_unshare},     {"setns", SYS_setns},
    {"clone3", SYS_clone3},       {"bpf", SYS_bpf},
    {"keyctl", SYS_keyctl},       {"add_key", SYS_add_key},
    {"request_key", SYS_request_key}, {"ptrace", SYS_ptrace},
    {"perf_event_open", SYS_perf_event_open}, {"personality", SYS_personality},
    {"userfaultfd", SYS_userfaultfd}, {"kexec_load", SYS_kexec_load},
    {"init_module", SYS_init_module}, {"delete_module", SYS_delete_module},
    {"reboot", SYS_reboot},       {"swapon", SYS_swapon},
    {"open_by_handle_at", SYS_open_by_handle_at}, {"settimeofday", SYS_settimeofday},
    {"clock_settime", SYS_clock_settime}, {"acct", SYS_acct},
    {"socket", SYS_socket},       {"io_uring_setup", SYS_io_uring_setup},
    {"pivot_root", SYS_pivot_root}, {"quotactl", SYS_quotactl},
    {"syslog", SYS_syslog},       {"move_pages", SYS_move_pages},
    {"mbind", SYS_mbind},         {"pidfd_getfd", SYS_pidfd_getfd},
    {"fsopen", SYS_fsopen},       {"getrandom", SYS_getrandom},
    {"faccessat2", SYS_faccessat2}, {"sched_yield", SYS_sched_yield},
    {"newest", 460},              {"beyond", 100000},
};

/// call:WORDS=RETURN | ERRNO | signal N. Each runs in a child, so that a filter may kill it. A word
/// is NAME or NAME,ARG,ARG...; arguments not given are -1, which no call here can use for harm.
static int system_calls(char **words) {
  for (; *words; words++) {
    char text[256];
    snprintf(text, sizeof text, "%s", *words);
    char *state = NULL, *name = strtok_r(text, ",", &state);
    long number = -1, arguments[6] = {-1, -1, -1, -1, -1, -1};
    for (unsigned i = 0; i < sizeof calls / sizeof *calls; i++)
      if (strcmp(calls[i].name, name) == 0) number = calls[i].number;
    if (number < 0) {
      printf("call:%s=!unknown to the probe\n", *words);
      continue;
    }
    for (int i = 0; i < 6; i++) {
      char *word = strtok_r(NULL, ",", &state);
      if (word) arguments[i] = strtol(word, NULL, 0);
    }
    fflush(stdout);
    int result[2], about[2] = {0, 0}, outcome = 0;
    if (pipe2(result, O_CLOEXEC) < 0) return 1;
    pid_t child = fork();
    if (child == 0) {
      errno = 0;
      long value = syscall(number, arguments[0], arguments[1], arguments[2], arguments[3],
                           arguments[4], arguments[5]);
      about[0] = value < 0 ? errno : 0;
      about[1] = value < 0 ? -1 : 0;
      if (write(result[1], about, sizeof about) < 0) _exit(2);
      _exit(0);
    }
    close(result[1]);
    waitpid(child, &outcome, 0);
    if (WIFSIGNALED(outcome)) printf("call:%s=signal %d\n", *words, WTERMSIG(outcome));
    else if (read(result[0], about, sizeof about) != sizeof about) printf("call:%s=!lost\n", *words);
    else printf("call:%s=%s\n", *words, about[1] < 0 ? error_name(about[0]) : "allowed");
    close(result[0]);
  }
  return 0;
}

/// mknod PATH TYPE MAJOR MINOR: makes the node and tries to open it both ways.
static int make_node(char **words) {
  if (!words[0] || !words[1] || !words[2] || !words[3]) return 2;
  mode_t type = words[1][0] == 'b' ? S_IFBLK : S_IFCHR;
  if (mknod(words[0], type | 0666, makedev(atoi(words[2]), atoi(words[3]))) < 0) {
    printf("mknod:%s=%s\n", words[0], error_name(errno));
    return 0;
  }
  int reader = open(words[0], O_RDONLY | O_NONBLOCK | O_NOCTTY);
  printf("mknod:%s=made\nread:%s=%s\n", words[0], words[0], reader < 0 ? error_name(errno) : "ok");
  int writer = open(words[0], O_WRONLY | O_NONBLOCK | O_NOCTTY);
  printf("write:%s=%s\n", words[0], writer < 0 ? error_name(errno) : "ok");
  unlink(words[0]);
  return 0;
}

static int arguments(char **words) {
  for (int i = 0; words[i]; i++) printf("arg:%d=%s\n", i, words[i]);
  return 0;
}

static int exit_with(char **words) { return words[0] ? atoi(words[0]) : 0; }

/// Dies by the signal, even as pid 1 of a namespace, where only the parent namespace could send it.
static int die_by(char **words) {
  int number = words[0] ? atoi(words[0]) : SIGKILL;
  signal(number, SIG_DFL);
  raise(number);
  return 99;
}

static int print_text(char **words) {
  for (int i = 0; words[i]; i++) printf("%s%s", i ? " " : "", words[i]);
  printf("\n");
  return 0;
}

static int sleep_for(char **words) {
  printf("ready\n");
  fflush(stdout);
  struct timespec left = {words[0] ? atoi(words[0]) : 60, 0};
  while (nanosleep(&left, &left) < 0 && errno == EINTR) {
  }
  return 0;
}

/// Reports signals until SIGTERM, then exits with 42.
// Counts for ever, a number a line; holds the lock of a file meanwhile, if one is named.
static int count(char **paths) {
  if (paths[0]) {
    int file = open(paths[0], O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (file < 0 || flock(file, LOCK_EX | LOCK_NB) != 0) return 1;
  }
  for (unsigned long number = 1;; number++) {
    printf("%lu\n", number);
    fflush(stdout);
    nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
  }
}

static int wait_for_signals(char **words) {
  (void)words;
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, NULL);
  printf("ready\n");
  fflush(stdout);
  for (;;) {
    int number = sigwaitinfo(&all, NULL);
    if (number == SIGCHLD) continue;
    printf("signal=%d\n", number);
    fflush(stdout);
    if (number == SIGTERM) return 42;
  }
}

/// Reads standard input to its end and prints how much came.
static int count_input(char **words) {
  (void)words;
  char buffer[65536];
  long long total = 0;
  for (ssize_t size; (size = read(0, buffer, sizeof buffer)) > 0;) total += size;
  printf("input=%lld\n", total);
  return 0;
}

/// spawn N: starts N sleeping children, prints their number, then waits as `wait` does.
static int spawn(char **words) {
  int wanted = words[0] ? atoi(words[0]) : 1, made = 0;
  for (int i = 0; i < wanted; i++) {
    pid_t child = fork();
    if (child == 0) {
      for (;;) pause();
    }
    if (child > 0) made++;
  }
  printf("children=%d\n", made);
  return wait_for_signals(words);
}

/// A datagram to $NOTIFY_SOCKET, and a descriptor with it; nothing waits where `flags` say so.
static ssize_t notify_with(const char *text, size_t length, int descriptor, int flags) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  const char *path = getenv("NOTIFY_SOCKET");
  if (!path) return errno = ENOENT, -1;
  snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  char control[CMSG_SPACE(sizeof descriptor)] = {0};
  struct iovec data = {(void *)text, length};
  struct msghdr message = {&address, sizeof address, &data, 1, NULL, 0, 0};
  if (descriptor >= 0) {
    message.msg_control = control, message.msg_controllen = sizeof control;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET, header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof descriptor);
    memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
  }
  int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ssize_t sent = sendmsg(s, &message, flags);
  int saved = errno;
  close(s);
  errno = saved;
  return sent;
}

/// notify TEXT...: each as one datagram, as a service does it; @N waits N tenths of a second.
static int notify(char **words) {
  for (int i = 0; words[i]; i++) {
    if (words[i][0] == '@') {
      nanosleep(&(struct timespec){atoi(words[i] + 1) / 10, atoi(words[i] + 1) % 10 * 100000000}, 0);
    } else {
      ssize_t sent = notify_with(words[i], strlen(words[i]), -1, 0);
      printf("notified=%s\n", sent < 0 ? error_name(errno) : "yes");
      fflush(stdout);
    }
  }
  return 0;
}

/// What a container may try with its socket, before it says that it is ready; with any word it floods
/// the socket for ever.
static int notify_badly(char **words) {
  static char junk[100000];
  if (words[0]) {
    printf("flood\n");
    fflush(stdout);
    for (;;) notify_with(junk, 1, -1, 0);
  }
  memset(junk, '\n', sizeof junk);
  memcpy(junk + 5000, "READY=1\n", 8);
  printf("long=%s\n", notify_with(junk, sizeof junk, -1, 0) < 0 ? error_name(errno) : "yes");
  const char *texts[] = {"", "READY=10", " READY=1", "MAINPID=1", "FDSTORE=1", "STATUS=x", "READY=1\r"};
  for (int i = 0; i < 7; i++) notify_with(texts[i], strlen(texts[i]), 0, 0);
  // Longer than any patience with it: the socket's queue is always full.
  for (int i = 0; i < 20000; i++) notify_with("STATUS=more", 11, 0, MSG_DONTWAIT);
  const char *directory = "/run/notify", *path = getenv("NOTIFY_SOCKET");
  printf("unlink=%s\n", unlink(path) < 0 ? error_name(errno) : "yes");
  int made = symlink("/etc/passwd", "/run/notify/other");
  printf("symlink=%s\n", made < 0 ? error_name(errno) : "yes");
  printf("chmod=%s\n", chmod(directory, 0777) < 0 ? error_name(errno) : "yes");
  fflush(stdout);
  notify_with("STATUS=now\nREADY=1\nMAINPID=1\nX=y", 32, 0, 0);
  return wait_for_signals(words);
}

static void *beat(void *unused) {
  for (;; nanosleep(&(struct timespec){0, 50000000}, 0)) {
    printf("beat\n");
    fflush(stdout);
  }
  return unused;
}

/// headless [N]: the first thread ends, and another goes on, beating; in N children too.
static int headless(char **words) {
  for (int left = words[0] ? atoi(words[0]) : 0; left > 0; left--)
    if (fork() == 0) break;
  pthread_t thread;
  pthread_create(&thread, 0, beat, 0);
  pthread_exit(0);
}

static const struct {
  const char *name;
  int (*run)(char **words);
} commands[] = {
    {"masked", masked},   {"writable", writable}, {"file", print_files},
    {"stat", print_stat}, {"sysctl", sysctls},    {"call", system_calls},
    {"mknod", make_node}, {"args", arguments},    {"exit", exit_with},
    {"die", die_by},      {"say", print_text},    {"sleep", sleep_for},
    {"wait", wait_for_signals}, {"input", count_input}, {"spawn", spawn},
    {"count", count},     {"notify", notify},     {"notify-badly", notify_badly},
    {"headless", headless},
};

int main(int count, char **words) {
  for (int i = 1; i < count; i++) {
    int found = 0;
    for (unsigned k = 0; k < sizeof subjects / sizeof *subjects; k++)
      if (strcmp(subjects[k].name, words[i]) == 0) subjects[k].print(), found = 1;
    for (unsigned k = 0; k < sizeof commands / sizeof *commands && !found; k++)
      if (strcmp(commands[k].name, words[i]) == 0) return commands[k].run(words + i + 1);
    if (!found) {
      fprintf(stderr, "probe: %s: no such subject or command\n", words[i]);
      return 2;
    }
  }
  return 0;
}
