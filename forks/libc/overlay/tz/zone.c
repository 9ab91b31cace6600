/* The current time zone: tzset, tzname, timezone, daylight, and the question
 * that localtime and mktime ask. TZ names a zone of the time-zone database,
 * which is read like any other file, virtual or real; unknown zones are UTC. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tz.h"
#include "../override.h"

extern const char __utc[];

char *__tzname[2] = {(char *)__utc, (char *)__utc};
long __timezone;
int __daylight;

/* Weak: programs use these words for things of their own. */
__attribute__((__weak__, __alias__("__tzname"))) extern char *tzname[2];
__attribute__((__weak__, __alias__("__timezone"))) extern long timezone;
__attribute__((__weak__, __alias__("__daylight"))) extern int daylight;

enum { LARGEST_FILE = 1 << 20, LONGEST_SETTING = 255 };

static struct warpgrid_tz zone;
static char loaded[LONGEST_SETTING + 2]; /* "" at first, then '=' and the setting, or "-" when unset */

const char *__warpgrid_tz_name(const char *text, size_t length) {
  if (length == 3 && !memcmp(text, "UTC", 3)) return __utc;
  for (struct warpgrid_tz_name *known = __warpgrid_tz_names; known; known = known->next)
    if (!strncmp(known->text, text, length) && !known->text[length]) return known->text;
  struct warpgrid_tz_name *fresh = malloc(sizeof *fresh + length + 1);
  if (!fresh) return __utc;
  memcpy(fresh->text, text, length);
  fresh->text[length] = 0;
  fresh->next = __warpgrid_tz_names;
  __warpgrid_tz_names = fresh;
  return fresh->text;
}

static bool load_file(const char *path) {
  int fd = open(path, O_RDONLY);
  if (fd < 0) return false;
  struct stat status;
  unsigned char *bytes = NULL;
  size_t length = 0;
  bool good = fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size <= LARGEST_FILE &&
              (bytes = malloc((size_t)status.st_size + 1)) != NULL;
  while (good && length < (size_t)status.st_size) {
    ssize_t got = read(fd, bytes + length, (size_t)status.st_size - length);
    if (got <= 0) break;
    length += (size_t)got;
  }
  close(fd);
  good = good && __warpgrid_tz_parse_file(bytes, length, &zone);
  free(bytes);
  return good;
}

static bool load_zone(const char *name) {
  static const char *const folders[] = {"/usr/share/zoneinfo/", "/share/zoneinfo/", "/etc/zoneinfo/"};
  char path[64 + LONGEST_SETTING];
  if (name[0] == '/') return load_file(name);
  for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
    strcpy(path, folders[i]);
    strcat(path, name);
    if (load_file(path)) return true;
  }
  return false;
}

static bool load(const char *setting) {
  if (!setting) return load_file("/etc/localtime");
  if (!*setting) return false;
  if (*setting == ':') return load_zone(setting + 1);
  if (__warpgrid_tz_parse_rule(setting, &zone.rule)) return zone.has_rule = true;
  return load_zone(setting);
}

/* tzname, timezone and daylight for the zone's latest rules. */
static void publish(void) {
  const char *names[2] = {NULL, NULL};
  int32_t standard = 0;
  __daylight = 0;
  if (zone.has_rule) {
    names[0] = zone.rule.name[0];
    if (zone.rule.has_dst) names[1] = zone.rule.name[1];
    standard = zone.rule.offset[0];
    __daylight = zone.rule.has_dst;
  }
  for (size_t i = zone.transitions + 1; i-- && (!names[0] || !names[1]);) {
    if (i == 0 && zone.types == 0) break;
    const struct warpgrid_tz_type *kind = &zone.kinds[i ? zone.type[i - 1] : 0];
    if (names[kind->is_dst]) continue;
    names[kind->is_dst] = kind->name;
    if (kind->is_dst)
      __daylight = 1;
    else
      standard = kind->offset;
  }
  if (!names[0]) names[0] = names[1] ? names[1] : __utc;
  __tzname[0] = (char *)names[0];
  __tzname[1] = (char *)(names[1] ? names[1] : names[0]);
  __timezone = -standard;
}

void __tzset(void) {
  const char *setting = getenv("TZ");
  if (setting && strlen(setting) > LONGEST_SETTING) setting = "";
  if (setting ? loaded[0] == '=' && !strcmp(loaded + 1, setting) : loaded[0] == '-') return;
  loaded[0] = setting ? '=' : '-';
  strcpy(loaded + 1, setting ? setting : "");
  int before = errno;
  __warpgrid_tz_free(&zone);
  if (!load(setting)) memset(&zone, 0, sizeof zone);
  publish();
  errno = before;
}

__attribute__((__weak__, __alias__("__tzset"))) void tzset(void);

static struct warpgrid_tz_type by_rule(int64_t t, bool local, int32_t *other) {
  bool dst = __warpgrid_tz_rule_is_dst(&zone.rule, t, local);
  *other = zone.rule.offset[!dst];
  return (struct warpgrid_tz_type){zone.rule.offset[dst], dst, zone.rule.name[dst]};
}

/* Before the first transition type 0 holds. */
static struct warpgrid_tz_type by_file(int64_t t, bool local, int32_t *other) {
  size_t low = 0, high = zone.transitions; /* the answer is the type after transition `low`, 1-based */
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    int64_t at = zone.at[middle];
    if (local) {
      /* An hour that is left out, or comes twice, belongs to the time before the change. */
      int32_t before = zone.kinds[middle ? zone.type[middle - 1] : 0].offset;
      int32_t after = zone.kinds[zone.type[middle]].offset;
      at += before > after ? before : after;
    }
    if (t < at)
      high = middle;
    else
      low = middle + 1;
  }
  if (low == zone.transitions && zone.has_rule) return by_rule(t, local, other);
  const struct warpgrid_tz_type *kind = &zone.kinds[low ? zone.type[low - 1] : 0];
  /* The offset of the other sort of time, from the nearest change that has it. */
  *other = kind->offset;
  if (low >= 2 && zone.kinds[zone.type[low - 2]].is_dst != kind->is_dst)
    *other = zone.kinds[zone.type[low - 2]].offset;
  else if (low < zone.transitions && zone.kinds[zone.type[low]].is_dst != kind->is_dst)
    *other = zone.kinds[zone.type[low]].offset;
  return *kind;
}

/* Upstream's stub of this name knows UTC only; localtime and mktime call it. */
WARPGRID_OVERRIDE void __secs_to_zone(long long t, int local, int *is_dst, int *offset, long *other, const char **name) {
  __tzset();
  int32_t opposite = 0;
  struct warpgrid_tz_type kind = {0, false, __utc};
  if (zone.types)
    kind = by_file(t, local != 0, &opposite);
  else if (zone.has_rule)
    kind = by_rule(t, local != 0, &opposite);
  *is_dst = kind.is_dst;
  *offset = kind.offset;
  if (other) *other = opposite;
  *name = kind.name;
}
