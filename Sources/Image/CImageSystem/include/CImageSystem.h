// System calls that the C library or its import into Swift lacks. One function, one call, the
// kernel's argument order; each returns -1 and sets errno on failure. Plain integers only: a POSIX
// typedef in this header would change the module that Swift finds the type in.

#ifndef CIMAGESYSTEM_H
#define CIMAGESYSTEM_H

#include <linux/openat2.h>
// fsetxattr and its like, which the Glibc module lacks
#include <sys/xattr.h>

/// See: openat2(2), Linux 5.6
int cimage_openat2(int directory, const char *path, int flags, int mode, unsigned long long resolve);

/// See: setxattrat(2), Linux 6.13; fails with ENOSYS before
int cimage_setxattrat(int directory, const char *path, int at_flags, const char *name,
                      const void *value, unsigned long size);

/// See: getdents64(2)
long cimage_getdents64(int directory, void *buffer, unsigned long size);

/// The magic number of the file system that a descriptor is on. See: statfs(2)
int cimage_fstatfs_type(int descriptor, long *type);

/// PROC_SUPER_MAGIC of <linux/magic.h>
#define CIMAGE_PROC_MAGIC 0x9fa0

#endif
