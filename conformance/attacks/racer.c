// SPDX-License-Identifier: Apache-2.0
//
// Exchanges two names of a directory, again and again, until it is killed: what a second container
// does that shares a volume with the one that is being made.
//
//   racer DIRECTORY NAME OTHER
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

int main(int count, char **words) {
  if (count != 4) {
    fprintf(stderr, "usage: racer DIRECTORY NAME OTHER\n");
    return 2;
  }
  int directory = open(words[1], O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) {
    perror(words[1]);
    return 1;
  }
  for (;;) {
    if (renameat2(directory, words[2], directory, words[3], RENAME_EXCHANGE) != 0) {
      perror("renameat2");
      return 1;
    }
    // Each of the two is there for as long as a step of the runtime may take, whatever that is.
    for (volatile int wait = 1 << rand() % 18; wait > 0; wait--) continue;
  }
}
