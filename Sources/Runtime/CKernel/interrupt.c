// A signal that asks for an end while a container is being made: the system call at hand fails with
// EINTR, and whoever made it cleans up. The next such signal ends the process at once.

#include "CKernel.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t interruption;

static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};
static int noted[sizeof signals / sizeof *signals];

static void note(int number) {
  interruption = number;
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
    if (noted[i]) signal(signals[i], SIG_DFL);
}

int ckernel_note_interruptions(void) {
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
    // Without SA_RESTART, or the call at hand would go on.
    struct sigaction action = {.sa_handler = note}, old;
    if (sigaction(signals[i], NULL, &old) < 0) return -1;
    // nohup(1) and its like mean it.
    if (old.sa_handler == SIG_IGN) continue;
    noted[i] = 1;
    if (sigaction(signals[i], &action, NULL) < 0) return -1;
  }
  return 0;
}

int ckernel_take_interruption(void) {
  int number = interruption;
  // Only what has been seen: one that comes between the two lines is not lost.
  if (number) interruption = 0;
  return number;
}
