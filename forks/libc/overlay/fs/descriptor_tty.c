/* isatty and its other name. Knows no interface of the host. */
#include <errno.h>
#include <unistd.h>

#include "descriptor.h"
#include "../override.h"

int __real___isatty(int);

WARPGRID_OVERRIDE int __isatty(int fd) {
  if (!warpgrid_is_virtual(fd)) return __real___isatty(fd);
  if (__warpgrid_descriptors->flags(fd) >= 0) errno = ENOTTY;
  return 0;
}

__attribute__((__weak__, __alias__("__isatty"))) int isatty(int);
