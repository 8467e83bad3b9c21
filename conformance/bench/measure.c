// SPDX-License-Identifier: Apache-2.0
//
// Runs a command and says on descriptor 3 what it took, in one line:
//
//   EXIT-STATUS WALL-us CPU-us PEAK-KiB
//
// CPU is user and system time of the command and every child that it waited for. This program is
// small and static because a process starts its life with its parent's peak memory.
#define _GNU_SOURCE
#include <spawn.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static long long microseconds(struct timeval value) {
  return value.tv_sec * 1000000LL + value.tv_usec;
}

int main(int count, char **words) {
  struct timespec begun, ended;
  struct rusage used;
  pid_t child;
  int status;
  if (count < 2) return 2;
  clock_gettime(CLOCK_MONOTONIC, &begun);
  if (posix_spawnp(&child, words[1], NULL, NULL, words + 1, environ) != 0) return 127;
  if (wait4(child, &status, 0, &used) < 0) return 1;
  clock_gettime(CLOCK_MONOTONIC, &ended);
  long long wall =
      (ended.tv_sec - begun.tv_sec) * 1000000LL + (ended.tv_nsec - begun.tv_nsec) / 1000;
  int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  dprintf(3, "%d %lld %lld %ld\n", code, wall,
          microseconds(used.ru_utime) + microseconds(used.ru_stime), used.ru_maxrss);
  return 0;
}
