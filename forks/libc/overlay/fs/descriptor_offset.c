/* The reads and writes at an offset. Knows no interface of the host. */
#include <sys/uio.h>
#include <unistd.h>

#include "descriptor.h"
#include "../override.h"
#include "vector.h"

ssize_t __real_pread(int, void *, size_t, off_t);
ssize_t __real_preadv(int, const struct iovec *, int, off_t);
ssize_t __real_pwrite(int, const void *, size_t, off_t);
ssize_t __real_pwritev(int, const struct iovec *, int, off_t);

WARPGRID_OVERRIDE ssize_t pread(int fd, void *buffer, size_t length, off_t offset) {
  if (!warpgrid_is_virtual(fd)) return __real_pread(fd, buffer, length, offset);
  return __warpgrid_descriptors->pread(fd, buffer, length, offset);
}

WARPGRID_OVERRIDE ssize_t preadv(int fd, const struct iovec *vector, int count, off_t offset) {
  if (!warpgrid_is_virtual(fd)) return __real_preadv(fd, vector, count, offset);
  if (warpgrid_vector_length(vector, count) < 0) return -1;
  size_t done = 0;
  for (int i = 0; i < count; i++) {
    ssize_t got =
        __warpgrid_descriptors->pread(fd, vector[i].iov_base, vector[i].iov_len, offset + (off_t)done);
    if (got < 0) return done ? (ssize_t)done : -1;
    done += (size_t)got;
    if ((size_t)got < vector[i].iov_len) break;
  }
  return (ssize_t)done;
}

WARPGRID_OVERRIDE ssize_t pwrite(int fd, const void *buffer, size_t length, off_t offset) {
  if (!warpgrid_is_virtual(fd)) return __real_pwrite(fd, buffer, length, offset);
  return __warpgrid_descriptors->write(fd, length);
}

WARPGRID_OVERRIDE ssize_t pwritev(int fd, const struct iovec *vector, int count, off_t offset) {
  if (!warpgrid_is_virtual(fd)) return __real_pwritev(fd, vector, count, offset);
  ssize_t length = warpgrid_vector_length(vector, count);
  return length < 0 ? -1 : __warpgrid_descriptors->write(fd, (size_t)length);
}
