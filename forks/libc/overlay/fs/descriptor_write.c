/* write and writev. Knows no interface of the host. */
#include <sys/uio.h>
#include <unistd.h>

#include "descriptor.h"
#include "../override.h"
#include "vector.h"

ssize_t __real_write(int, const void *, size_t);
ssize_t __real_writev(int, const struct iovec *, int);

WARPGRID_OVERRIDE ssize_t write(int fd, const void *buffer, size_t length) {
  if (!warpgrid_is_virtual(fd)) return __real_write(fd, buffer, length);
  return __warpgrid_descriptors->write(fd, length);
}

WARPGRID_OVERRIDE ssize_t writev(int fd, const struct iovec *vector, int count) {
  if (!warpgrid_is_virtual(fd)) return __real_writev(fd, vector, count);
  ssize_t length = warpgrid_vector_length(vector, count);
  return length < 0 ? -1 : __warpgrid_descriptors->write(fd, (size_t)length);
}
