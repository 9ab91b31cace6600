/* poll (and through it select and pselect): a virtual descriptor is always
 * ready. Knows no interface of the host. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "descriptor.h"
#include "../override.h"

int __real_poll(struct pollfd *, nfds_t, int);

WARPGRID_OVERRIDE int poll(struct pollfd *set, nfds_t count, int timeout) {
  nfds_t virtual_count = 0;
  for (nfds_t i = 0; i < count; i++) virtual_count += warpgrid_is_virtual(set[i].fd);
  if (virtual_count == 0) return __real_poll(set, count, timeout);

  struct pollfd *rest = malloc((count + 1) * sizeof *rest);
  if (!rest) {
    errno = ENOMEM;
    return -1;
  }
  int ready = 0;
  nfds_t rest_count = 0;
  for (nfds_t i = 0; i < count; i++) {
    set[i].revents = 0;
    if (!warpgrid_is_virtual(set[i].fd)) {
      rest[rest_count++] = set[i];
      continue;
    }
    if (__warpgrid_descriptors->flags(set[i].fd) < 0)
      set[i].revents = POLLNVAL;
    else
      set[i].revents = set[i].events & (POLLRDNORM | POLLWRNORM);
    ready += set[i].revents != 0;
  }
  /* Something is ready already: the others are asked, not waited for. */
  int others = rest_count || !ready ? __real_poll(rest, rest_count, ready ? 0 : timeout) : 0;
  if (others > 0) {
    nfds_t at = 0;
    for (nfds_t i = 0; i < count; i++)
      if (!warpgrid_is_virtual(set[i].fd)) set[i].revents = rest[at++].revents;
    ready += others;
  }
  free(rest);
  return others < 0 && !ready ? -1 : ready;
}
