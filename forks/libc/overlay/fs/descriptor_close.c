/* close. Knows no interface of the host. */
#include <unistd.h>

#include "descriptor.h"
#include "../override.h"

int __real_close(int);

WARPGRID_OVERRIDE int close(int fd) {
  if (!warpgrid_is_virtual(fd)) return __real_close(fd);
  return __warpgrid_descriptors->close(fd);
}
