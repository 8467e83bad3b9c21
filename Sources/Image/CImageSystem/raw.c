#include "CImageSystem.h"

#include <stdint.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

// The headers of Debian 12 are older than the call; its number is the same on every architecture.
#ifndef SYS_setxattrat
#define SYS_setxattrat 463
#endif

int cimage_openat2(int directory, const char *path, int flags, int mode,
                   unsigned long long resolve) {
  struct open_how how;
  memset(&how, 0, sizeof how);
  how.flags = (unsigned int)flags;
  how.mode = (unsigned int)mode;
  how.resolve = resolve;
  return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

struct attribute_arguments {
  uint64_t value;
  uint32_t size;
  uint32_t flags;
};

int cimage_setxattrat(int directory, const char *path, int at_flags, const char *name,
                      const void *value, unsigned long size) {
  struct attribute_arguments arguments = {(uintptr_t)value, (uint32_t)size, 0};
  return (int)syscall(SYS_setxattrat, directory, path, at_flags, name, &arguments,
                      sizeof arguments);
}

long cimage_getdents64(int directory, void *buffer, unsigned long size) {
  return syscall(SYS_getdents64, directory, buffer, size);
}

int cimage_fstatfs_type(int descriptor, long *type) {
  struct statfs status;
  if (fstatfs(descriptor, &status) != 0) return -1;
  *type = (long)status.f_type;
  return 0;
}
