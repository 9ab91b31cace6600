/* The door between the C library's descriptor calls and virtual descriptors.
 *
 * read, write, close, poll and their kin test one pointer and one number, and
 * otherwise call upstream's definition. They name nothing of the host's
 * interfaces: a program that opens nothing virtual imports nothing virtual.
 * The pointer is set by whoever makes the first virtual descriptor. */
#ifndef WARPGRID_FS_DESCRIPTOR_H
#define WARPGRID_FS_DESCRIPTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

/* Virtual descriptors start here, far above what a host hands out. */
#define WARPGRID_FIRST_DESCRIPTOR 0x40000000
/* At most this many are open at a time; the next open fails with EMFILE. */
#define WARPGRID_MAX_DESCRIPTORS 4096

/* All return -1 and set errno on failure, as the POSIX call of that name. */
struct warpgrid_descriptor_calls {
  ssize_t (*read)(int fd, void *buffer, size_t length);
  ssize_t (*pread)(int fd, void *buffer, size_t length, off_t offset);
  ssize_t (*write)(int fd, size_t length);
  off_t (*seek)(int fd, off_t offset, int whence);
  off_t (*remaining)(int fd);
  int (*stat)(int fd, struct stat *out);
  int (*flags)(int fd);
  int (*set_flags)(int fd, int flags);
  int (*close)(int fd);
};

extern const struct warpgrid_descriptor_calls *__warpgrid_descriptors;

static inline bool warpgrid_is_virtual(int fd) {
  return fd >= WARPGRID_FIRST_DESCRIPTOR && __warpgrid_descriptors != NULL;
}

#endif
