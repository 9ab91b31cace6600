/* read and readv. Knows no interface of the host. */
#include <sys/uio.h>
#include <unistd.h>

#include "descriptor.h"
#include "../override.h"
#include "vector.h"

ssize_t __real_read(int, void *, size_t);
ssize_t __real_readv(int, const struct iovec *, int);

WARPGRID_OVERRIDE ssize_t read(int fd, void *buffer, size_t length) {
  if (!warpgrid_is_virtual(fd)) return __real_read(fd, buffer, length);
  return __warpgrid_descriptors->read(fd, buffer, length);
}

WARPGRID_OVERRIDE ssize_t readv(int fd, const struct iovec *vector, int count) {
  if (!warpgrid_is_virtual(fd)) return __real_readv(fd, vector, count);
  if (warpgrid_vector_length(vector, count) < 0) return -1;
  size_t done = 0;
  for (int i = 0; i < count; i++) {
    ssize_t got = __warpgrid_descriptors->read(fd, vector[i].iov_base, vector[i].iov_len);
    if (got < 0) return done ? (ssize_t)done : -1;
    done += (size_t)got;
    if ((size_t)got < vector[i].iov_len) break;
  }
  return (ssize_t)done;
}
