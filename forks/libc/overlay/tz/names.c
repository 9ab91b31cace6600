/* __tm_to_tzname: what strftime prints for %Z. Linked into every program that
 * formats a time, C++ streams included, so it only tests a list. */
#include <string.h>
#include <time.h>

#include "tz.h"
#include "../override.h"

extern const char __utc[];

struct warpgrid_tz_name *__warpgrid_tz_names;

WARPGRID_OVERRIDE const char *__tm_to_tzname(const struct tm *tm) {
  const char *name = tm->__tm_zone;
  if (name == __utc) return name;
  for (struct warpgrid_tz_name *known = __warpgrid_tz_names; known; known = known->next)
    if (name == known->text) return name;
  /* A pointer that this library never gave out may point anywhere. */
  return "";
}
