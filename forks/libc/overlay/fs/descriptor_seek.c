/* lseek and its two other names. Knows no interface of the host. */
#include <unistd.h>
#include <wasi/libc.h>

#include "descriptor.h"
#include "../override.h"

#undef lseek

off_t __real___lseek(int, off_t, int);
off_t __real___wasilibc_tell(int);

WARPGRID_OVERRIDE off_t __lseek(int fd, off_t offset, int whence) {
  if (!warpgrid_is_virtual(fd)) return __real___lseek(fd, offset, whence);
  return __warpgrid_descriptors->seek(fd, offset, whence);
}

__attribute__((__weak__, __alias__("__lseek"))) off_t lseek(int, off_t, int);

WARPGRID_OVERRIDE off_t __wasilibc_tell(int fd) {
  if (!warpgrid_is_virtual(fd)) return __real___wasilibc_tell(fd);
  return __warpgrid_descriptors->seek(fd, 0, SEEK_CUR);
}
