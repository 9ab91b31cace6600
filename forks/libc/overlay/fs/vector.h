/* The check that every call with a vector of buffers starts with. */
#ifndef WARPGRID_FS_VECTOR_H
#define WARPGRID_FS_VECTOR_H

#include <errno.h>
#include <limits.h>
#include <sys/types.h>
#include <sys/uio.h>

/* The whole length of a vector, or -1 with EINVAL when it is no valid one. */
static inline ssize_t warpgrid_vector_length(const struct iovec *vector, int count) {
  size_t total = 0;
  if (count < 0 || count > IOV_MAX) {
    errno = EINVAL;
    return -1;
  }
  for (int i = 0; i < count; i++) {
    if (vector[i].iov_len > SSIZE_MAX - total) {
      errno = EINVAL;
      return -1;
    }
    total += vector[i].iov_len;
  }
  return (ssize_t)total;
}

#endif
