/* fstat, fcntl, ioctl, fsync, posix_fadvise. Knows no interface of the host. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "descriptor.h"
#include "../override.h"

int __real_fstat(int, struct stat *);
int __real_fcntl(int, int, ...);
int __real_ioctl(int, int, ...);
int __real_fsync(int);
int __real_fdatasync(int);
int __real_posix_fadvise(int, off_t, off_t, int);

WARPGRID_OVERRIDE int fstat(int fd, struct stat *out) {
  if (!warpgrid_is_virtual(fd)) return __real_fstat(fd, out);
  return __warpgrid_descriptors->stat(fd, out);
}

WARPGRID_OVERRIDE int fcntl(int fd, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  int argument = command == F_SETFL || command == F_SETFD ? va_arg(arguments, int) : 0;
  va_end(arguments);
  if (!warpgrid_is_virtual(fd)) return __real_fcntl(fd, command, argument);
  int flags = __warpgrid_descriptors->flags(fd);
  if (flags < 0) return -1;
  switch (command) {
    case F_GETFD: return FD_CLOEXEC;
    case F_SETFD: return 0;
    case F_GETFL: return flags;
    case F_SETFL: return __warpgrid_descriptors->set_flags(fd, argument);
    default: errno = EINVAL; return -1;
  }
}

WARPGRID_OVERRIDE int ioctl(int fd, int request, ...) {
  va_list arguments;
  va_start(arguments, request);
  int *out = va_arg(arguments, int *);
  va_end(arguments);
  if (!warpgrid_is_virtual(fd)) return __real_ioctl(fd, request, out);
  if (__warpgrid_descriptors->flags(fd) < 0) return -1;
  if (request == FIONREAD) {
    off_t left = __warpgrid_descriptors->remaining(fd);
    *out = left > INT_MAX ? INT_MAX : (int)left;
    return 0;
  }
  if (request == FIONBIO) return 0;
  errno = ENOTTY;
  return -1;
}

/* There is nothing to write back: an open descriptor is in sync. */
WARPGRID_OVERRIDE int fsync(int fd) {
  if (!warpgrid_is_virtual(fd)) return __real_fsync(fd);
  return __warpgrid_descriptors->flags(fd) < 0 ? -1 : 0;
}

WARPGRID_OVERRIDE int fdatasync(int fd) {
  if (!warpgrid_is_virtual(fd)) return __real_fdatasync(fd);
  return __warpgrid_descriptors->flags(fd) < 0 ? -1 : 0;
}

/* Returns the error instead of setting errno, as POSIX wants. */
WARPGRID_OVERRIDE int posix_fadvise(int fd, off_t offset, off_t length, int advice) {
  if (!warpgrid_is_virtual(fd)) return __real_posix_fadvise(fd, offset, length, advice);
  if (__warpgrid_descriptors->flags(fd) < 0) return EBADF;
  return advice < POSIX_FADV_NORMAL || advice > POSIX_FADV_NOREUSE ? EINVAL : 0;
}
